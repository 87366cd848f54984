// The simulated flash: NOR rules, persistence, power loss, and the hazards of its binding. On both variants of the program.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildHost } from "../../host-tools/simulator/build";
import { readPartition, writePartition } from "../../host-tools/simulator/flash-file";
import { defaultPartitions } from "../../host-tools/simulator/target";
import { runScript, temporaryFolder, variants } from "../support/xs-run";

const FLASH_BYTES = 4 * 1024 * 1024;
const modelA = defaultPartitions[0]!;

describe.each(variants)("flash on the desktop, %s", (_name, sanitized) => {
	let program: string;
	let flashFile: string;
	beforeAll(async () => {
		program = await buildHost({ sanitized });
	});
	beforeEach(() => {
		flashFile = join(temporaryFolder(), "flash.bin");
	});

	/** Runs statements with `flash` open on model_a. */
	const run = (body: string, options: Parameters<typeof runScript>[2] = {}) =>
		runScript(
			program,
			`import Flash from "flash"; export default function () { const flash = new Flash("model_a"); ${body} }`,
			{ flashFile, ...options },
		);

	test("a new one is 4 MB of ones; partitions have their place and size", async () => {
		const { log, code } = await run(`
			log(flash.byteLength + " " + flash.blockSize + " " + new Uint8Array(flash.read(65534, 2)));
			flash.write(0, 2, Uint8Array.of(1, 2, 3));
			new Flash("model_b").write(65535, 1, Uint8Array.of(9));
		`);
		expect({ log, code }).toEqual({ log: ["65536 4096 255,255"], code: 0 });
		const expected = Buffer.alloc(FLASH_BYTES, 0xff);
		expected.set([1, 2], modelA.offset);
		expected[FLASH_BYTES - 1] = 9;
		expect(readFileSync(flashFile).equals(expected)).toBe(true);
	});

	test("a write only clears bits; a write that would set one throws and changes nothing; erasing sets them", async () => {
		const { log } = await run(`
			flash.write(4094, 4, Uint8Array.of(0xf0, 0xf0, 0xf0, 0xf0));
			flash.write(4094, 4, Uint8Array.of(0x30, 0xf0, 0x10, 0x00));
			show(() => flash.write(4094, 4, Uint8Array.of(0x10, 0x00, 0x20, 0x00)));
			log(String(new Uint8Array(flash.read(4093, 6))));
			flash.erase(0);
			log(String(new Uint8Array(flash.read(4093, 6))));
			flash.erase(1);
			log(String(new Uint8Array(flash.read(4093, 6))));
		`);
		expect(log).toEqual([
			"Error: write would set bits: erase first",
			"255,48,240,16,0,255",
			"255,255,255,16,0,255",
			"255,255,255,255,255,255",
		]);
	});

	test("what is written is there after the next start; map shows it in place and read-only", async () => {
		await run(`flash.write(0, 4, Uint8Array.of(1, 2, 3, 4));`);
		const { log } = await run(`
			const map = flash.map();
			const bytes = new Uint8Array(map);
			log(map.byteLength + " " + bytes.length + " " + bytes.subarray(0, 5));
			flash.write(4, 1, Uint8Array.of(5));
			log(String(bytes[4]));
			show(() => { bytes[0] = 0; });
			log(String(bytes[0]));
		`);
		expect([log[0], log[1], log[3]]).toEqual(["65536 65536 1,2,3,4,255", "5", "1"]);
		expect(log[2]).toMatch(/^TypeError/);
	});

	test("nothing reaches beyond a partition", async () => {
		const { log, code } = await run(
			`
			show(() => flash.write(65535, 2, new Uint8Array(2)));
			show(() => flash.write(65537, 0, new Uint8Array(2)));
			show(() => flash.write(0, 3, new Uint8Array(2)));
			show(() => flash.write(-1, 1, new Uint8Array(2)));
			show(() => flash.write(2 ** 32, 1, new Uint8Array(2)));
			show(() => flash.write(0, NaN, new Uint8Array(2)));
			show(() => flash.read(1, 65536));
			show(() => flash.read(0, 2 ** 31));
			show(() => flash.erase(16));
			show(() => flash.erase(2 ** 20));
			show(() => flash.erase(0.5));
			show(() => flash.erase(-1));
			show(() => flash.write(0, 1, "text"));
			show(() => flash.write(0, 1, { byteLength: 1e6 }));
			show(() => flash.write(0, 1, flash));
			show(() => flash.write(0, 1));
			show(() => Flash.prototype.erase.call({}, 0));
			show(() => Flash.prototype.erase(0));
			show(() => new Flash("nothing"));
			show(() => new Flash("model_a="));
			show(() => new Flash());
			show(() => Reflect.construct(Flash, ["model_a"], Object));
		`,
		);
		expect(code).toBe(0);
		expect(log).toHaveLength(22);
		expect(log.filter((line) => line === "ok")).toEqual([]);
		const file = readFileSync(flashFile);
		expect(file.every((byte) => byte === 0xff)).toBe(true);
	});

	test("arguments are coerced before the buffer is looked at", async () => {
		const { log, code } = await run(`
			const buffer = Uint8Array.of(7, 8, 9);
			const churn = () => { for (let i = 0; i < 20000; i++) new Uint8Array(40); return 0; };
			flash.write({ valueOf: churn }, 3, buffer);
			log(String(new Uint8Array(flash.read(0, 3))));
			const detached = new ArrayBuffer(4);
			show(() => flash.write({ valueOf() { detached.transfer?.(0); return 8; } }, 4, detached));
		`);
		expect(code).toBe(0);
		expect(log[0]).toBe("7,8,9");
	});

	test("power is lost after exactly so many bytes, in a write and in an erase", async () => {
		const zeros = `flash.write(0, 6, new Uint8Array(6));`;
		expect(await run(zeros, { powerCut: 6 })).toMatchObject({ code: 0 });
		const cut = await run(`flash.erase(0); ${zeros} log("not reached");`, { powerCut: 4096 + 2 });
		expect(cut).toMatchObject({ code: 90, reason: "power lost", log: [] });
		expect([...readFileSync(flashFile).subarray(modelA.offset, modelA.offset + 4)]).toEqual([0, 0, 255, 255]);
		await run(`flash.erase(0); flash.write(0, 4096, new Uint8Array(4096));`);
		expect(await run(`flash.erase(0);`, { powerCut: 3 })).toMatchObject({ code: 90 });
		expect([...readFileSync(flashFile).subarray(modelA.offset, modelA.offset + 5)]).toEqual([
			255, 255, 255, 0, 0,
		]);
	});

	test("partitions are written and read from outside", async () => {
		await run(`new Flash("model_b").write(0, 2, Uint8Array.of(1, 2)); flash.write(0, 2, new Uint8Array(2));`);
		writePartition(flashFile, "model_a", Uint8Array.of(7, 8, 9));
		expect((await run(`log(String(new Uint8Array(flash.read(0, 4))));`)).log).toEqual(["7,8,9,255"]);
		expect([...readPartition(flashFile, "model_b").subarray(0, 3)]).toEqual([1, 2, 255]);
		expect(() => writePartition(flashFile, "model_c", new Uint8Array(1))).toThrow(/no partition "model_c"/);
		expect(() => writePartition(flashFile, "model_a", new Uint8Array(65537))).toThrow(/do not fit/);
	});

	test("a file that is no flash is refused and left alone; without a flash there is no partition", async () => {
		writeFileSync(flashFile, "a letter");
		expect(await run("")).toMatchObject({ code: 2 });
		expect(readFileSync(flashFile, "utf8")).toBe("a letter");
		const script = `import Flash from "flash"; export default () => show(() => new Flash("model_a"));`;
		expect((await runScript(program, script)).log).toEqual(["Error: can't find partition"]);
		expect(() => readPartition(flashFile, "model_a")).toThrow(/is not a flash image/);
	});
});
