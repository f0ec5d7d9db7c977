import { render } from "preact";
import { App } from "./app.tsx";
import { Live } from "./live.ts";
import { Store } from "./store.ts";

const root = document.getElementById("app");
if (root) {
  const store = new Store();
  const live = new Live(store);
  render(<App store={store} live={live} />, root);
  live.start();
}
