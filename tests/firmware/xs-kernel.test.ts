// The kernel's binding to JavaScript: the same bytes as the reference, and the hazards of native code under a collector that
// moves memory and under arguments that run code. On the release program and on the one with sanitizers.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildHost } from "../../host-tools/simulator/build";
import { writePartition } from "../../host-tools/simulator/flash-file";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { arenaLayout } from "../../src/network/arena";
import { Reference } from "../../src/reference/reference";
import { randomNetwork, randomSamples } from "../support/random-network";
import { runScript, temporaryFolder, variants } from "../support/xs-run";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** A flash with a blob at the begin of model_a, and samples at the begin of model_b. */
function flashWith(blob: Uint8Array, samples: Int16Array): string {
	const file = join(temporaryFolder(), "flash.bin");
	writePartition(file, "model_a", blob);
	writePartition(file, "model_b", new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
	return file;
}

const network = randomNetwork(3);
const blob = writeBlob(network, sha256);
const samples = randomSamples(3, 200, network.input.length);
const reference = new Reference(readBlob(blob));
reference.write(samples);
const logits = [...reference.outputs()].join();

const prelude = (samples: Int16Array) => `
	import Flash from "flash";
	import Kernel from "edge-ssm/kernel";
	import { memory, collectGarbage } from "edge-ssm/memory";
	const flash = new Flash("model_a").map();
	const samples = new Flash("model_b").read(0, ${samples.byteLength});
	const churn = () => { for (let i = 0; i < 30000; i++) new Uint8Array(40); return 0; };
	const logitsOf = (kernel) => { const l = new Int32Array(kernel.outputCount); kernel.outputs(l.buffer); return l.join(); };
`;

describe.each(variants)("the kernel on XS, %s", (_name, sanitized) => {
	let program: string;
	beforeAll(async () => {
		program = await buildHost({ sanitized });
	});

	/** Runs statements with `kernel` open on the blob in flash; each run ends well, whatever the statements provoke. */
	const run = async (body: string, { bytes = blob, input = samples, open = true } = {}) => {
		const source = `${prelude(input)} export default function () { ${open ? "const kernel = new Kernel(flash);" : ""} ${body} }`;
		const { log, code, output } = await runScript(program, source, { flashFile: flashWith(bytes, input) });
		expect({ log, code }).toMatchObject({ code: 0 });
		expect(output).toHaveLength(0);
		return log;
	};

	test("tells what it is and gives the reference's logits, in one piece and in many", async () => {
		const log = await run(`
			log([kernel.channels, kernel.outputCount, kernel.heads, kernel.blocks].join());
			log(String(kernel.arenaBytes === Kernel.arenaSize(flash)));
			kernel.write(samples);
			log(logitsOf(kernel));
			kernel.reset();
			const size = 2 * kernel.channels;
			kernel.write(samples, 0, 7);
			kernel.write(new Uint8Array(samples, 7 * size, 3 * size));
			kernel.write(new DataView(samples), 10 * size, 1);
			kernel.write(samples, 11 * size, undefined);
			kernel.write(samples, samples.byteLength);
			kernel.write(samples, 0, 0);
			log(logitsOf(kernel));
			const state = new Uint8Array(kernel.stateSize + 4);
			kernel.saveState(state);
			kernel.write(samples);
			log(String(logitsOf(kernel) === ${JSON.stringify(logits)}));
			kernel.restoreState(state);
			log(logitsOf(kernel));
			kernel.reset();
			const odd = new Uint8Array(samples.byteLength + 1);
			odd.set(new Uint8Array(samples), 1);
			kernel.write(odd, 1);
			log(logitsOf(kernel));
		`);
		const { input, head, H, blocks } = network;
		expect(log).toEqual([
			[input.length, head.outputs, H, blocks.length].join(),
			"true",
			logits,
			logits,
			"false",
			logits,
			logits,
		]);
	});

	test("keeps what it unpacks in a larger arena where it may: the same logits", async () => {
		const log = await run(`
			for (const most of [0, kernel.arenaBytes, 1 << 20]) {
				const roomy = new Kernel(flash, most);
				log(roomy.arenaBytes + " " + Kernel.arenaSize(flash, most));
				roomy.write(samples, 0, 3);
				roomy.reset();
				roomy.write(samples);
				log(logitsOf(roomy));
				roomy.close();
			}
		`);
		const { total, preferred } = arenaLayout(network);
		expect(preferred).toBeGreaterThan(total);
		const small = [`${total}`, `${total}`, logits];
		expect(log.flatMap((line) => line.split(" "))).toEqual([
			...small,
			...small,
			...[`${preferred}`, `${preferred}`, logits],
		]);
	});

	test("gives the reference's logits for other networks", async () => {
		for (let seed = 100; seed < (sanitized ? 105 : 130); seed++) {
			const other = randomNetwork(seed);
			const bytes = writeBlob(other, sha256);
			const input = randomSamples(seed, 25, other.input.length);
			const expected = new Reference(readBlob(bytes));
			expected.write(input);
			const log = await run(`kernel.write(samples); log(logitsOf(kernel));`, { bytes, input });
			expect(log, `seed ${seed}`).toEqual([[...expected.outputs()].join()]);
		}
	});

	test("reads the blob in flash, never from memory that could move", async () => {
		const log = await run(
			`
			const copy = new Uint8Array(new Uint8Array(flash));
			show(() => new Kernel(copy.buffer));
			show(() => new Kernel(copy));
			show(() => new Kernel(new DataView(copy.buffer)));
			const shared = new SharedArrayBuffer(copy.length);
			new Uint8Array(shared).set(copy);
			show(() => new Kernel(shared));
			show(() => new Kernel(new Uint8Array(shared)));
			show(() => new Kernel(new DataView(shared)));
			log(String(Kernel.arenaSize(shared) === Kernel.arenaSize(flash)));
			show(() => new Kernel(new Uint8Array(flash, 1)));
			show(() => new Kernel(new Uint8Array(flash, 0, ${blob.length})));
			show(() => new Kernel(new Uint8Array(flash, 0, ${blob.length - 4})));
			show(() => new Kernel(new Uint8Array(flash, 0, 0)));
			log(String(Kernel.arenaSize(copy) === Kernel.arenaSize(flash)));
		`,
			{ open: false },
		);
		expect(log).toEqual([
			...Array(6).fill("TypeError: blob must be in flash"),
			"true",
			"Error: ESSM_E_ALIGNMENT", // B1 of docs/BLOB.md
			"ok",
			"Error: ESSM_E_TRUNCATED",
			"Error: ESSM_E_TRUNCATED",
			"true",
		]);
	});

	test("flash that an open kernel reads is neither erased nor written", async () => {
		const sectors = Math.ceil(blob.length / 4096);
		const log = await run(`
			const partition = new Flash("model_a");
			const second = new Kernel(flash);
			const change = () => {
				for (let sector = 0; sector <= ${sectors}; sector++) show(() => partition.erase(sector));
				show(() => partition.write(0, 1, new Uint8Array(1)));
				show(() => partition.write(${blob.length - 1}, 1, new Uint8Array(1)));
				show(() => partition.write(${blob.length}, 1, new Uint8Array(1)));
				show(() => new Flash("model_b").erase(0));
			};
			second.close();
			change();
			kernel.write(samples);
			log(logitsOf(kernel));
			kernel.close();
			change();
			show(() => new Kernel(flash));
		`);
		const refused = "Error: an open kernel reads this flash: close it first";
		expect(log).toEqual([
			...Array(sectors).fill(refused),
			"ok",
			refused,
			refused,
			"ok",
			"ok",
			logits,
			...Array(sectors + 1 + 4).fill("ok"),
			"Error: ESSM_E_MAGIC",
		]);
	});

	test("a kernel that nobody holds keeps its flash until it is collected", async () => {
		const log = await run(
			`
			const partition = new Flash("model_a");
			(() => { new Kernel(flash); })();
			collectGarbage();
			show(() => partition.erase(0));
		`,
			{ open: false },
		);
		expect(log).toEqual(["ok"]);
	});

	test("what is no blob is named by the kernel's error; nothing else is taken for a buffer", async () => {
		const damaged = Uint8Array.from(blob);
		damaged[damaged.length - 5]! ^= 1;
		expect(await run(`show(() => new Kernel(flash));`, { open: false, bytes: damaged })).toEqual([
			"Error: ESSM_E_CRC",
		]);
		const log = await run(`
			show(() => new Kernel(new Uint8Array(new Flash("model_b").map())));
			for (const wrong of [undefined, null, 1, "text", {}, [], { byteLength: 1000 }, new Int16Array(500), Kernel,
				Kernel.prototype, kernel, new Flash("model_a"), Object.defineProperty(new Flash("model_a"), "byteLength", { value: 1e6 })]) {
				show(() => new Kernel(wrong));
				show(() => kernel.write(wrong));
				show(() => kernel.outputs(wrong));
			}
			show(() => new Kernel());
			show(() => Kernel(flash));
			show(() => kernel.write());
			show(() => kernel.outputs(flash));
		`);
		expect(log[0]).toBe("Error: ESSM_E_MAGIC");
		expect(log).toHaveLength(1 + 39 + 4);
		expect(log.filter((line) => !/Error/.test(line))).toEqual([]);
	});

	test("ranges, alignment and lengths are checked", async () => {
		const size = 2 * network.input.length;
		const log = await run(`
			show(() => kernel.outputs(new ArrayBuffer(${4 * network.head.outputs})));
			show(() => kernel.write(samples, 1));
			show(() => kernel.write(samples, ${samples.byteLength - size}, 2));
			show(() => kernel.write(samples, ${samples.byteLength + 2}));
			show(() => kernel.write(samples, ${samples.byteLength + 2}, 0));
			show(() => kernel.write(new ArrayBuffer(${size + 1})));
			show(() => kernel.write(samples, -2));
			show(() => kernel.write(samples, 0, -1));
			show(() => kernel.write(samples, 0, 2 ** 31 - 1));
			show(() => kernel.write(samples, 0, 2 ** 32 + 1));
			show(() => kernel.write(samples, NaN));
			show(() => kernel.write(samples, 0, 0.5));
			kernel.write(samples, 0, 1);
			show(() => kernel.outputs(new ArrayBuffer(${4 * network.head.outputs - 1})));
			show(() => kernel.outputs(new Uint8Array(new ArrayBuffer(${4 * network.head.outputs + 1}), 1)));
			show(() => kernel.saveState(new ArrayBuffer(kernel.stateSize - 1)));
			show(() => kernel.restoreState(new ArrayBuffer(kernel.stateSize - 1)));
			show(() => kernel.restoreState(new ArrayBuffer(kernel.stateSize)));
		`);
		expect(log[0]).toBe("Error: ESSM_E_EMPTY");
		expect(log.slice(1, -1).map((line) => line.split(":")[0])).toEqual(Array(15).fill("RangeError"));
		expect(log.at(-1)).toBe("Error: ESSM_E_STATE");
	});

	test("an argument may close the kernel or collect garbage", async () => {
		const log = await run(`
			kernel.write(samples, { valueOf: churn });
			log(logitsOf(kernel));
			show(() => kernel.write(samples, { valueOf() { kernel.close(); return 0; } }));
			const second = new Kernel(flash);
			show(() => second.write(samples, 0, { valueOf() { second.close(); collectGarbage(); return 1; } }));
			const third = new Kernel(flash);
			show(() => third.write({ get byteLength() { third.close(); return 4; } }));
			show(() => third.write(samples, { valueOf() { throw new RangeError("mine"); } }));
			third.write(samples);
			log(logitsOf(third));
		`);
		expect(log[0]).toBe(logits);
		expect(log.slice(1, 3)).toEqual(Array(2).fill("Error: kernel is closed"));
		expect(log[3]).toMatch(/^TypeError/);
		expect(log[4]).toBe("RangeError: mine");
		expect(log[5]).toBe(logits);
	});

	test("the blob may move while the arena's limit is read", async () => {
		const log = await run(`
			let before = Array.from({ length: 100 }, () => new Uint8Array(200));
			const moving = new Uint8Array(${blob.length});
			moving.set(new Uint8Array(flash, 0, ${blob.length}));
			const limit = { valueOf() {
				before = undefined;
				for (let i = 0; i < 3000; i++) new Uint8Array(200).fill(255);
				return 0;
			} };
			log(String(Kernel.arenaSize(moving, limit) === kernel.arenaBytes));
		`);
		expect(log).toEqual(["true"]);
	});

	test("close is final and may be repeated", async () => {
		const uses = [
			"kernel.write(samples)",
			"kernel.outputs(new ArrayBuffer(400))",
			"kernel.reset()",
			"kernel.saveState(new ArrayBuffer(4000))",
			"kernel.restoreState(new ArrayBuffer(4000))",
			...["channels", "outputCount", "heads", "blocks", "arenaBytes", "stateSize"].map(
				(name) => `kernel.${name}`,
			),
		];
		const log = await run(`
			kernel.close();
			kernel.close();
			${uses.map((use) => `show(() => ${use});`).join("\n")}
		`);
		expect(log).toEqual(Array(uses.length).fill("Error: kernel is closed"));
	});

	test("methods refuse what is no kernel", async () => {
		const log = await run(`
			const foreign = [undefined, 1, {}, flash, new Flash("model_a"), Object.create(flash), new Proxy(kernel, {})];
			for (const object of foreign) {
				show(() => Kernel.prototype.write.call(object, samples));
				show(() => Kernel.prototype.outputs.call(object, new ArrayBuffer(400)));
				show(() => Kernel.prototype.close.call(object));
			}
			show(() => Flash.prototype.map.call(kernel));
			show(() => Kernel.prototype.reset());
			show(() => Kernel.prototype.channels);
			show(() => Object.create(kernel).write(samples)); // to XS an unopened kernel
			show(() => Reflect.construct(Kernel, [flash], Object));
			show(() => Reflect.construct(Kernel, [flash], Flash));
			kernel.write(samples);
			log(logitsOf(kernel));
		`);
		expect(log.slice(0, -1).filter((line) => !/^\w*Error/.test(line))).toEqual([]);
		expect(log).toHaveLength(7 * 3 + 6 + 1);
		expect(log.at(-1)).toBe(logits);
	});

	test("lives under pressure, keeps its blob, and is freed when nobody holds it", async () => {
		const log = await run(
			`
			let kernel = new Kernel(new Flash("model_a").map()); // only the kernel holds the map
			const size = 2 * kernel.channels;
			const before = memory().collections;
			for (let at = 0; at < samples.byteLength; at += size) {
				kernel.write(samples, at, 1);
				for (let i = 0; i < 500; i++) ({ a: [i], b: new Uint8Array(30) });
			}
			log(logitsOf(kernel) + " " + (memory().collections - before > 10));
			show(() => { kernel.blob = undefined; });
			kernel = undefined;
			for (let i = 0; i < 300; i++) new Kernel(flash).write(samples, 0, 1); // the sanitizer tells if one leaks
			collectGarbage();
		`,
			{ open: false },
		);
		expect(log[0]).toBe(`${logits} true`);
		expect(log[1]).toMatch(/^TypeError/);
	});

	test("a class of its own may extend it", async () => {
		const log = await run(`
			class Counting extends Kernel { count = 0; write(...args) { this.count++; super.write(...args); } }
			const counting = new Counting(flash);
			counting.write(samples, 0, 20);
			counting.write(samples, 40 * kernel.channels);
			log(counting.count + " " + logitsOf(counting));
		`);
		expect(log).toEqual([`2 ${logits}`]);
	});
});
