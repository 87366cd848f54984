// What the wrapper of the package serialport adds to it, on file descriptors that behave like a port's.
import { closeSync, openSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { endHungUp, type UnixPort } from "../../host-tools/flashing/serial-transport";

function port(path: string): UnixPort {
	const fd = openSync(path, "r");
	onTestFinished(() => closeSync(fd));
	const never = async () => {
		throw new Error("the package's own read");
	};
	const made: UnixPort = { fd, isOpen: true, poller: { once: (_, done) => done() }, read: never };
	endHungUp(made);
	return made;
}

test("a port that was hung up reads 0 bytes and ends", async () => {
	await expect(port("/dev/null").read(Buffer.alloc(8), 0, 8)).rejects.toThrow("hung up");
});

test("what has arrived is read into its place", async () => {
	const buffer = Buffer.alloc(8, 1);
	await expect(port("/dev/zero").read(buffer, 2, 4)).resolves.toMatchObject({ bytesRead: 4 });
	expect([...buffer]).toEqual([1, 1, 0, 0, 0, 0, 1, 1]);
});

test("a closed port cancels its read, and a driver's error ends it", async () => {
	const closed = port("/dev/zero");
	closed.isOpen = false;
	await expect(closed.read(Buffer.alloc(8), 0, 8)).rejects.toMatchObject({ canceled: true });
	await expect(port("/").read(Buffer.alloc(8), 0, 8)).rejects.toMatchObject({ code: "EISDIR" });
});
