// What a JavaScript program without types may pass: everything that is wrong is a UserError that names it, nothing is ignored.
import { expect, test } from "vitest";
import { evaluate, openDataset, openModel, quantize, UserError } from "../../host-tools/api/index";
import { projectPath } from "../../host-tools/files/project";

const BLOB = projectPath("models/motion.essm");
const CHECKPOINT = projectPath("models/motion.safetensors");

async function messageOf(work: () => unknown): Promise<string> {
	try {
		await work();
	} catch (error) {
		expect(error).toBeInstanceOf(UserError);
		return (error as Error).message;
	}
	throw new Error("nothing was refused");
}

test.each<[string, object, RegExp]>([
	[
		"a misspelt option",
		{ treads: 2 },
		/^evaluate has no option treads; there are on, threads, onProgress\.$/,
	],
	["an unknown target", { on: "banana" }, /^evaluate: the option on must be one of float, .*, rv32\.$/],
	["no threads", { threads: 0 }, /^evaluate: the option threads must be a whole number from 1 to 64\.$/],
	["half a thread", { threads: 1.5 }, /threads must be a whole number/],
	["a text for a callback", { onProgress: "log" }, /onProgress must be a function\.$/],
])("evaluate refuses %s", async (_, options, message) => {
	expect(await messageOf(() => evaluate(BLOB, "motion", options))).toMatch(message);
});

test.each<[string, object, RegExp]>([
	["a misspelt option", { presset: "w8a8x8" }, /^quantize has no option presset; there are preset, bits, /],
	["a preset that is no text", { preset: 8 }, /^quantize: the option preset must be a string\.$/],
	[
		"calibration on nothing",
		{ calibrate: 0 },
		/^quantize: the option calibrate must be a whole number from 1 /,
	],
	["too many golden vectors", { golden: 101 }, /golden must be a whole number from 0 to 100\.$/],
	[
		"a percentile that is none",
		{ percentile: Number.NaN },
		/percentile must be a number above 50, at most 100\.$/,
	],
])("quantize refuses %s", async (_, options, message) => {
	expect(await messageOf(() => quantize(CHECKPOINT, "motion", options))).toMatch(message);
});

test("a split that does not exist", async () => {
	expect(await messageOf(() => openDataset("motion", "dev" as "test"))).toBe(
		"A data set has the splits train and test, not dev.",
	);
});

test("values that no kernel can take are refused by step and channel; beyond the range they are clamped", async () => {
	const model = openModel(BLOB);
	const [first] = model.input;
	expect(await messageOf(() => model.run([]))).toMatch(/^0 values are no steps of 6 channels \(acc x, /);
	expect(await messageOf(() => model.run(new Float32Array(7)))).toMatch(/^7 values are no steps of 6 /);
	const values = new Array(12).fill(0);
	values[7] = Number.NaN;
	expect(await messageOf(() => model.run(values))).toMatch(/^Step 1 has NaN for acc y, which is no number; /);
	values[7] = "0";
	expect(await messageOf(() => model.samples(values))).toMatch(
		/^Step 1 has 0 for acc y, which is no number; /,
	);
	values[7] = 0;
	values[0] = Number.POSITIVE_INFINITY;
	expect(model.samples(values)[0]).toBe(32767);
	expect(model.samples([first!.offset, 0, 0, 0, 0, 0])[0]).toBe(0);
});

test("a stream refuses a misspelt option, and gives results with the others", async () => {
	const model = openModel(BLOB);
	const hopp = { hopp: 1 } as object;
	expect(await messageOf(() => model.stream(hopp))).toMatch(
		/^stream has no option hopp; there are window, hop, /,
	);
	const steps: number[] = [];
	const stream = model.stream({ hop: 2, onResult: ({ step }) => steps.push(step) });
	stream.write(model.samples(new Float32Array(24)).buffer);
	await new Promise((done) => setImmediate(done));
	expect(steps).toEqual([2, 4]);
});
