// XS on the desktop: how it ends, its timers, its serial port, its memory figures. Every script runs on the release program
// and on the one with sanitizers.
import { once } from "node:events";
import { readlinkSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { buildHost } from "../../host-tools/simulator/build";
import { runScript, startScript, temporaryFolder, variants } from "../support/xs-run";

describe.each(variants)("XS on the desktop, %s", (_name, sanitized) => {
	let program: string;
	beforeAll(async () => {
		program = await buildHost({ sanitized });
	});
	const run = (source: string, options?: Parameters<typeof runScript>[2]) =>
		runScript(program, source, options);

	describe("ends with a code that tells why", () => {
		test.each([
			["nothing left to do", `export default function () {}`, 0, "ended"],
			[
				"memory full",
				`export default function () { const a = []; for (;;) a.push([1, 2, 3]); }`,
				65,
				"memory full",
			],
			["stack overflow", `export default function f() { return 1 + f(); }`, 66, "stack overflow"],
			["exception in main", `export default function () { undefined.x; }`, 69, "unhandled exception"],
			["exception in a module's body", `throw new RangeError("no");`, 69, "unhandled exception"],
			["syntax error", `export default function ( {`, 69, "unhandled exception"],
			["missing module", `import "nowhere"; export default function () {}`, 69, "unhandled exception"],
			["relative import", `import "./other"; export default function () {}`, 69, "unhandled exception"],
			[
				"exception in a timer",
				`import Timer from "timer"; export default function () { Timer.set(() => { throw new Error("late"); }); }`,
				69,
				"unhandled exception",
			],
			[
				"rejection that nobody hears",
				`export default function () { Promise.reject(new TypeError("unheard")); }`,
				72,
				"unhandled rejection",
			],
			[
				"exception in an async function",
				`export default async function () { await null; throw new TypeError("unheard"); }`,
				72,
				"unhandled rejection",
			],
			[
				"an exception whose text throws",
				`export default function () { throw { toString() { throw 1; } }; }`,
				69,
				"unhandled exception",
			],
			[
				"a rejection that is heard",
				`export default function () { Promise.reject(new Error("heard")).catch((e) => log(e.message)); }`,
				0,
				"ended",
			],
		])("%s", async (_what, source, code, reason) => {
			expect(await run(source)).toMatchObject({ code, reason });
		});

		test("and with the message on the log", async () => {
			const { log } = await run(`export default function () { throw new RangeError("42 is too much"); }`);
			expect(log[0]).toBe("xs: unhandled exception");
			expect(log[1]).toContain("42 is too much");
			if (sanitized) expect(log.join("\n")).toMatch(/main\.js:\d+/); // the debug variant knows the line
		});

		test("a wrong command line is refused", async () => {
			expect(await run("", { creation: { nonsense: 1 } })).toMatchObject({ code: 2 });
			expect(await run("", { partitions: [{ name: "p", offset: 1, length: 4096 }] })).toMatchObject({
				code: 2,
			});
		});
	});

	test("memory is as large as it was made, and collected", async () => {
		const { log, code } = await run(
			`import { memory, collectGarbage } from "edge-ssm/memory";
			export default function () {
				const before = memory();
				for (let i = 0; i < 20000; i++) ({ a: [i] });
				collectGarbage();
				const after = memory();
				log(JSON.stringify({ before, after }));
			}`,
			{ creation: { stack: 777 } },
		);
		expect(code).toBe(0);
		const { before, after } = JSON.parse(log[0]!);
		expect([16, 32]).toContain(before.slotBytes);
		expect(before.stackSlotsTotal).toBe(777);
		expect(before.slotsAtStart).toBeGreaterThan(3000); // the built-ins
		expect(before.slotsUsed).toBeGreaterThan(before.slotsAtStart);
		expect(before.slotsPeak).toBeGreaterThanOrEqual(before.slotsUsed);
		expect(before.slotsReserved).toBeGreaterThanOrEqual(before.slotsPeak);
		expect(before.heapFree).toBeUndefined();
		expect(after.collections).toBeGreaterThan(before.collections + 2);
		expect(after.slotsUsed).toBeLessThan(before.slotsUsed + 200);
		expect(after.slotsPeak).toBeGreaterThan(before.slotsUsed);
	});

	test("the clock does not go back", async () => {
		const { log } = await run(
			`import { microseconds } from "edge-ssm/memory";
			import Timer from "timer";
			export default function () {
				const start = microseconds();
				Timer.delay(2);
				const delayed = microseconds() - start;
				log(String(delayed >= 2000));
			}`,
		);
		expect(log).toEqual(["true"]);
	});

	describe("timers", () => {
		test("fire in order, repeat, are cleared and scheduled", async () => {
			const { log, code } = await run(
				`import Timer from "timer";
				export default function () {
					let n = 0;
					Timer.set((t) => { log("late"); Timer.clear(t); Timer.clear(repeating); Timer.clear(repeating); }, 40);
					const repeating = Timer.repeat(() => { if (++n === 3) log("three"); }, 5);
					const never = Timer.set(() => log("never"), 1);
					Timer.clear(never);
					Timer.clear(undefined);
					Timer.clear(null);
					const moved = Timer.set(() => log("moved"), 3600000);
					Timer.set(() => { log("soon"); Timer.schedule(moved, 0); });
					Timer.set(() => log("soon too"));
				}`,
			);
			expect(code).toBe(0);
			expect(log).toEqual(["soon", "soon too", "moved", "three", "late"]);
		});

		test("live without being referred to, and hold what they need", async () => {
			const { log, code } = await run(
				`import Timer from "timer";
				import { collectGarbage } from "edge-ssm/memory";
				export default function () {
					const text = ["kept"];
					Timer.set(() => log(text[0]), 3);
					collectGarbage();
					for (let i = 0; i < 20000; i++) ({ a: [i] });
				}`,
			);
			expect({ log, code }).toEqual({ log: ["kept"], code: 0 });
		});

		test("refuse what is no function and what is no timer", async () => {
			const { log } = await run(
				`import Timer from "timer";
				import Flash from "flash";
				export default function () {
					show(() => Timer.set(1));
					show(() => Timer.set(() => {}, -1));
					show(() => Timer.clear(Flash.prototype));
					show(() => Timer.schedule({}));
				}`,
			);
			expect(log.map((line) => line.split(":")[0])).toEqual([
				"TypeError",
				"RangeError",
				"SyntaxError",
				"SyntaxError",
			]);
		});
	});

	describe("the serial port", () => {
		const echo = `
			import Serial from "embedded:io/serial";
			export default function () {
				const queue = [];
				let free = 0;
				const send = (port) => { while (queue.length && queue[0].byteLength <= free) {
					free -= queue[0].byteLength; port.write(queue.shift()); } };
				new Serial({ format: "buffer",
					onReadable(count) { queue.push(this.read()); send(this); },
					onWritable(count) { free = count; send(this); } });
			}`;

		test("echoes much more than its queues hold, and ends at the end of its input", async () => {
			const input = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 7919) >> 5));
			const { output, code } = await run(echo, { input });
			expect(code).toBe(0);
			expect(output.equals(input)).toBe(true);
		});

		test("delivers counts, partial reads and reads into buffers", async () => {
			const { log } = await run(
				`import Serial from "embedded:io/serial";
				export default function () {
					let call = 0;
					const port = new Serial({ target: "mine", onReadable(count) {
						call++;
						if (call === 1) log(count + " " + this.read(2).byteLength + " " + this.target + " " + this.format);
						else if (call === 2) { const b = new Uint8Array(3); log(count + " " + this.read(b) + " " + b); }
						else { log(count + " " + new Uint8Array(this.read(99)) + " " + this.read()); this.close(); }
					} });
				}`,
				{ input: Uint8Array.of(1, 2, 3, 4, 5, 6, 7) },
			);
			expect(log).toEqual(["7 2 mine buffer", "5 3 3,4,5", "2 6,7 undefined"]);
		});

		test("takes no more than its queue, nothing after close, and one owner", async () => {
			const { log, output, code } = await run(
				`import Serial from "embedded:io/serial";
				export default function () {
					const port = new Serial({ onWritable() {} });
					show(() => new Serial({}));
					show(() => port.write(new ArrayBuffer(129)));
					port.write(Uint8Array.of(65, 66));
					show(() => port.write(new ArrayBuffer(127)));
					show(() => port.read(0));
					show(() => port.write("text"));
					show(() => Serial.prototype.read.call({}));
					show(() => Serial.prototype.read());
					port.close();
					port.close();
					show(() => port.read());
					show(() => new Serial({ format: "number" }));
					show(() => new Serial({ onReadable: 1 }));
					const next = new Serial({});
					show(() => next.read({ valueOf() { next.close(); return 1; } }));
					show(() => next.read(1));
					next.close();
				}`,
			);
			expect(code).toBe(0);
			expect(log.map((line) => line.replace(/^(SyntaxError|TypeError).*/, "$1"))).toEqual([
				"Error: in use",
				"Error: output full",
				"Error: output full",
				"RangeError: invalid count",
				"TypeError",
				"SyntaxError",
				"Error: serial port is closed",
				"Error: serial port is closed",
				"RangeError: invalid format",
				"TypeError",
				"TypeError",
				"ok",
			]);
			expect(output.toString()).toBe("AB");
		});

		test("lets work that is under way finish when the input has ended", async () => {
			const { output, code } = await run(
				`import Serial from "embedded:io/serial";
				import Timer from "timer";
				export default function () {
					Timer.repeat(() => {}, 1); // goes on for ever, yet holds nothing up
					new Serial({ onReadable() { this.read(); Timer.set(() => this.write(Uint8Array.of(79, 75)), 20); } });
				}`,
				{ input: Uint8Array.of(1) },
			);
			expect({ output: output.toString(), code }).toEqual({ output: "OK", code: 0 });
		});

		test("is a Unix socket on demand", async () => {
			const path = join(temporaryFolder(), "port");
			const server = createServer().listen(path);
			await once(server, "listening");
			const simulator = startScript(program, echo, { serial: `unix:${path}` });
			const [socket] = (await once(server, "connection")) as [Socket];
			socket.end("over the wire");
			let text = "";
			for await (const bytes of socket) text += bytes;
			server.close();
			expect(text).toBe("over the wire");
			expect(await simulator.exited).toMatchObject({ code: 0 });
		});

		test("is a pseudo-terminal on demand, raw, and stays when the other side goes", async () => {
			const path = join(temporaryFolder(), "tty");
			const simulator = startScript(program, echo, { serial: `pty:${path}` });
			while (!statSync(path, { throwIfNoEntry: false })) await setTimeout(5);
			expect(statSync(readlinkSync(path)).isCharacterDevice()).toBe(true);
			for (const message of [Buffer.from([3, 4, 10, 13, 0, 255, 17, 19]), Buffer.from("again")]) {
				const terminal = await open(path, "r+");
				await terminal.write(message);
				const received = Buffer.alloc(message.length);
				for (let at = 0; at < received.length; )
					at += (await terminal.read(received, at, received.length - at)).bytesRead;
				expect(received).toEqual(message);
				await terminal.close();
			}
			expect(await simulator.kill()).toMatchObject({ reason: "killed" });
		});
	});
});
