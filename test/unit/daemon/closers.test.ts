import { describe, expect, it } from "vitest";
import { Closers } from "../../../src/daemon/closers.ts";

describe("closing what was opened", () => {
  it("goes backwards, each thing once", async () => {
    const order: string[] = [];
    const closers = new Closers();
    closers.add("store", () => void order.push("store"));
    closers.add("server", async () => void order.push("server"));
    await closers.closeAll();
    await closers.closeAll();
    expect(order).toEqual(["server", "store"]);
  });

  it("closes the rest when something cannot be closed, and says what could not", async () => {
    const order: string[] = [];
    const closers = new Closers();
    closers.add("store", () => void order.push("store"));
    closers.add("server", () => Promise.reject(new Error("stuck")));
    await expect(closers.closeAll()).rejects.toMatchObject({
      errors: [expect.objectContaining({ message: "server could not be closed" })],
    });
    expect(order).toEqual(["store"]);
  });
});
