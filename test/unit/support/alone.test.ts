import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { alone } from "../../support/alone.ts";

const name = (what: string) => `test ${process.pid} ${what}`;

test("one after the other, and one that fails gives way to the next", async () => {
  const log: string[] = [];
  const work = async (id: number) => {
    log.push(`${id} begins`);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    log.push(`${id} ends`);
    if (id === 1) throw new Error("broken");
    return id;
  };
  const all = await Promise.allSettled([1, 2, 3].map((id) => alone(name("order"), () => work(id))));
  expect(all.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  const begun = log.filter((_, index) => index % 2 === 0).map((line) => line.split(" ")[0]);
  expect([...begun].sort()).toEqual(["1", "2", "3"]);
  expect(log).toEqual(begun.flatMap((id) => [`${id} begins`, `${id} ends`]));
});

test("a holder that is killed blocks nobody", async () => {
  const path = JSON.stringify(`\0bootwire ${name("killed")}`);
  const script = `require("node:net").createServer().listen({ path: ${path} }, () => console.log("held"))`;
  const holder = spawn(process.execPath, ["-e", script]);
  await once(createInterface(holder.stdout), "line");
  const waiter = alone(name("killed"), async () => "got it");
  holder.kill("SIGKILL");
  expect(await waiter).toBe("got it");
});
