// A web server that answers 503 to the first post and 200 from then on, and prints each post as one line of JSON.
import { createServer } from "node:http";

let posts = 0;
createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const status = posts++ === 0 ? 503 : 200;
    response.writeHead(status).end();
    const body = Buffer.concat(parts).toString();
    console.log(JSON.stringify({ status, headers: request.headers, body }));
  });
}).listen(9000, "127.0.0.1", () => console.log("listening"));
