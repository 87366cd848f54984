// The library's classifier is native (firmware/modules/essm-classifier.c); src/classifier/classifier.ts is what it must equal: the same
// calls, drawn at random, to both on XS, with the same results, errors and states.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { projectPath } from "../../host-tools/files/project";
import { buildHost } from "../../host-tools/simulator/build";
import { bundleApp } from "../../host-tools/simulator/bundle";
import { writePartition } from "../../host-tools/simulator/flash-file";
import { writeBlob } from "../../src/blob/write";
import { BACKGROUND } from "../../src/network/stream";
import { randomNetwork, randomSamples } from "../support/random-network";
import { runScript, temporaryFolder, variants } from "../support/xs-run";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** Numbers from 0 to below `below`, the same for the same seed. */
function dice(seed: number): (below: number) => number {
	let state = seed * 2654435761;
	return (below) => {
		state = (Math.imul(state ^ (state >>> 15), 2246822519) + 374761393) | 0;
		return (state >>> 8) % below;
	};
}

const STEPS = 400;

/** A model with or without settings of its stream, of two classes at least half of the time. */
function drawn(seed: number) {
	const roll = dice(seed);
	const network = { ...randomNetwork(seed), steps: [0, 7, 20][roll(3)]!, golden: [] };
	const outputs = network.labels.length;
	const window = [0, 9, 24][roll(3)]!;
	const stream = {
		window,
		hop: window === 0 ? roll(12) : roll(window + 1),
		smoothing: roll(4),
		hold: roll(4),
		thresholds: Uint32Array.from({ length: outputs }, () => [0, 0, 20, 400, BACKGROUND][roll(5)]!),
	};
	return roll(3) > 0 ? { ...network, stream } : network;
}

/** Calls that both classes get. */
function calls(seed: number): string[] {
	const roll = dice(seed + 1000);
	const setting = () => {
		const settings = [
			`window: ${[0, 5, 13, 40, 70000, 1.5, -1][roll(7)]}`,
			`hop: ${[0, 1, 4, 13, 50, '"4"', "null"][roll(7)]}`,
			`smoothing: ${[0, 1, 3, 8, 9, NaN][roll(6)]}`,
			`threshold: ${[0, 10, 300, 4294967295, 4294967296, "undefined"][roll(6)]}`,
			`hold: ${[0, 1, 2, 3, 256, "true"][roll(6)]}`,
		];
		return `{ ${settings.filter(() => roll(3) === 0).join(", ")} }`;
	};
	const list = [`["open", ${roll(2) ? "{}" : setting()}]`];
	for (let at = 0; at < STEPS && list.length < 60; ) {
		const steps = 1 + roll(roll(4) === 0 ? 60 : 6);
		list.push(`["write", ${at}, ${Math.min(steps, STEPS - at)}, ${roll(2)}]`);
		at += steps;
		if (roll(4) === 0) list.push('["read"]');
		if (roll(9) === 0) list.push(`["configure", ${setting()}]`);
		if (roll(16) === 0) list.push('["reset"]');
		if (roll(10) === 0) list.push('["sleep"]');
		if (roll(10) === 0) list.push(`["values", ${at % 50}]`);
		if (roll(25) === 0) list.push('["close"]', `["open", ${setting()}]`);
	}
	return list;
}

/** Runs the calls on a class; logs what it gives. After a sleep the state is restored in a new one of `Other`. */
const HARNESS = `
	async function drive(Class, Other, tell, list) {
		let stream, options;
		const shown = (result) => result && JSON.stringify({ ...result, logits: [...result.logits] });
		const shape = ({ channels, labels, steps, rate, input }) => JSON.stringify([channels, labels, steps, rate,
			input.map(({ name, unit, scale, offset }) => [name, unit, scale, offset])]);
		const make = (Any) => new Any({ model: "model_a", ...options, onResult(result) {
			tell("result " + (this === stream) + " " + shown(result));
		} });
		const width = () => 2 * stream.model.channels;
		const does = {
			open(settings) { options = settings; stream = undefined; stream = make(Class); tell(shape(stream.model)); },
			write(at, count, odd) {
				const bytes = new Uint8Array(samples, at * width(), count * width());
				if (!odd) return stream.write(bytes, 0, count);
				const moved = new Uint8Array(bytes.length + 1);
				moved.set(bytes, 1);
				stream.write(moved, 1);
			},
			read() { tell("read " + shown(stream.read())); },
			configure(settings) { stream.configure(settings); },
			reset() { stream.reset(); },
			sleep() {
				const state = stream.saveState();
				tell("state " + new Uint8Array(state).join());
				stream.close();
				stream = make(Other);
				stream.restoreState(state);
				[Class, Other] = [Other, Class];
			},
			values(k) { stream.writeValues(stream.model.input.map(({ offset, scale }, c) => offset + scale * (k * 1000.5 - 20000 * c))); },
			close() { stream.close(); stream.close(); },
		};
		for (const [name, ...given] of list) {
			try { does[name](...given); } catch (error) { tell("refused " + name + " " + error); }
			if (name !== "reset") await undefined;
			await undefined;
			await undefined;
		}
	}`;

describe.each(variants)("the native classifier on XS, %s", (_variant, sanitized) => {
	let program: string;
	let typescript: string;
	beforeAll(async () => {
		program = await buildHost({ sanitized });
		typescript = await bundleApp(projectPath("tests/support/classifier-in-typescript.ts"));
	});

	test("gives what the one in TypeScript gives, whatever it is asked", async () => {
		let results = 0;
		let refusals = 0;
		for (let seed = 1; seed <= 24; seed++) {
			const network = drawn(seed);
			const samples = randomSamples(seed, STEPS, network.input.length);
			const flashFile = join(temporaryFolder(), "flash.bin");
			writePartition(flashFile, "model_a", writeBlob(network, sha256));
			writePartition(flashFile, "model_b", new Uint8Array(samples.buffer));
			const source = `
				import Flash from "flash";
				import Native from "edge-ssm/classifier";
				import TypeScript from "edge-ssm/typescript";
				const samples = new Flash("model_b").read(0, ${samples.byteLength});
				${HARNESS}
				const list = [${calls(seed).join(", ")}];
				export default async function () {
					await drive(Native, TypeScript, (line) => log("N " + line), list);
					await drive(TypeScript, Native, (line) => log("T " + line), list);
				}`;
			const modules = { "edge-ssm/typescript": typescript };
			const { log, code } = await runScript(program, source, { flashFile, modules });
			expect({ log, code }).toMatchObject({ code: 0 });
			const of = (letter: string) => log.filter((line) => line[0] === letter).map((line) => line.slice(2));
			expect(of("N"), `seed ${seed}`).toEqual(of("T"));
			results += of("N").filter((line) => line.startsWith("result true")).length;
			refusals += of("N").filter((line) => line.startsWith("refused")).length;
		}
		expect(results).toBeGreaterThan(200);
		expect(refusals).toBeGreaterThan(20);
	});
});
