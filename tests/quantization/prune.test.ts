// Leaving modes out of a float network: against least squares done another way, on networks where the answer is known.
import { describe, expect, test } from "vitest";
import { sequence } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";
import { readModelFile } from "../../host-tools/evaluation/model-file";
import { projectPath } from "../../host-tools/files/project";
import { recurrent } from "../../host-tools/float/forward";
import { type FloatModel, parameterCount } from "../../host-tools/float/model";
import { discretize, type FloatS4d } from "../../host-tools/float/s4d";
import { calibrate } from "../../host-tools/quantization/calibrate";
import { pruneModes, pruneOn } from "../../host-tools/quantization/prune";
import { s4dOf } from "../support/float-model";

const data = await openDataset("motion", "train", { limit: 40 });
const model = (readModelFile(projectPath("models/motion.safetensors")) as { model: FloatModel }).model;
const ranges = calibrate(model, data, { method: "minmax" });
const { N } = s4dOf(model.blocks[0]!);

/** The network with every mixer changed. */
function withMixers(change: (mixer: FloatS4d) => FloatS4d): FloatModel {
	return { ...model, blocks: model.blocks.map((block) => ({ ...block, mixer: change(s4dOf(block)) })) };
}

function logitsOf(network: FloatModel): number[][] {
	const forward = recurrent(network);
	return Array.from({ length: 10 }, (_, i) => [...forward(sequence(data, i), data.lengths[i]!)]);
}

function expectNear(one: number[][], other: number[][], tolerance: number): void {
	for (const [i, row] of one.entries())
		for (const [c, logit] of row.entries()) expect(Math.abs(logit - other[i]![c]!)).toBeLessThan(tolerance);
}

describe("modes that are left out", () => {
	test("all kept: the same network", () => {
		const { model: same, lost } = pruneModes(model, ranges, N);
		expectNear(logitsOf(same), logitsOf(model), 1e-9);
		for (const layer of lost) expect(Math.max(...layer)).toBe(0);
		expect(same.metadata.pruned_from).toBeUndefined();
	});

	test("a mode that does nothing goes first, wherever it stands, and nothing is lost", () => {
		const { H } = model;
		const idle = (h: number) => (3 * h + 1) % N;
		const zeroed = (values: Float64Array) =>
			values.map((v, i) => (i % N === idle(Math.floor(i / N)) ? 0 : v));
		const crippled = withMixers((mixer) => ({
			...mixer,
			CReal: zeroed(mixer.CReal),
			CImag: zeroed(mixer.CImag),
		}));
		const seen = calibrate(crippled, data, { method: "minmax" });
		const { model: smaller, lost } = pruneModes(crippled, seen, N - 1);
		for (const block of smaller.blocks) expect(s4dOf(block).N).toBe(N - 1);
		expect(parameterCount(smaller)).toBe(parameterCount(model) - 4 * H * model.blocks.length);
		expectNear(logitsOf(smaller), logitsOf(crippled), 1e-6);
		for (const layer of lost) expect(Math.max(...layer)).toBeLessThan(1e-9);
		for (let h = 0; h < H; h++)
			expect([...s4dOf(smaller.blocks[0]!).AImag.subarray(h * (N - 1), (h + 1) * (N - 1))]).toEqual(
				[...s4dOf(model.blocks[0]!).AImag.subarray(h * N, (h + 1) * N)].filter((_, n) => n !== idle(h)),
			);
	});

	test("a mode that stands there twice is taken over by its twin", () => {
		const { H } = model;
		const twin = (values: Float64Array) => values.map((v, i) => (i % N === N - 1 ? values[i - 1]! : v));
		const doubled = withMixers((mixer) => ({
			...mixer,
			logAReal: twin(mixer.logAReal),
			AImag: twin(mixer.AImag),
		}));
		const { model: smaller } = pruneModes(doubled, calibrate(doubled, data, { method: "minmax" }), N - 1);
		const C = discretize(s4dOf(smaller.blocks[0]!), H).CbarRe;
		const before = discretize(s4dOf(doubled.blocks[0]!), H).CbarRe;
		// The damping draws it a little towards nothing.
		expect(C[N - 2]! / (before[N - 2]! + before[N - 1]!)).toBeCloseTo(1, 2);
		expectNear(logitsOf(smaller), logitsOf(doubled), 0.02);
	});

	test("what it says is lost is what the output of S4D misses, and no other single mode would miss less", () => {
		const { model: smaller, lost } = pruneModes(model, ranges, N - 1);
		const drive = ranges.layers[0]!.drive!;
		const h = 2;
		/** Response of head h to the drive with these modes and this C. */
		const response = (network: FloatModel, modes: number[], C?: Float64Array) => {
			const mixer = s4dOf(network.blocks[0]!);
			const { AbarRe, AbarIm, CbarRe, CbarIm } = discretize(mixer, network.H);
			const out: number[] = [];
			const columns: number[][] = [];
			for (const z of drive) {
				const re = new Float64Array(mixer.N);
				const im = new Float64Array(mixer.N);
				for (let t = h, step = 0; t < z.length; t += network.H, step++) {
					let y = 0;
					const column: number[] = [];
					for (const n of modes) {
						const i = h * mixer.N + n;
						const next = AbarRe[i]! * re[n]! - AbarIm[i]! * im[n]! + z[t]!;
						im[n] = AbarRe[i]! * im[n]! + AbarIm[i]! * re[n]!;
						re[n] = next;
						y += (C ? C[2 * n]! : CbarRe[i]!) * re[n]! - (C ? C[2 * n + 1]! : CbarIm[i]!) * im[n]!;
						column.push(re[n]!, -im[n]!);
					}
					// The calibration looks at every fourth step.
					if (step % 4 === 0) {
						out.push(y);
						columns.push(column);
					}
				}
			}
			return { out, columns };
		};
		const all = Array.from({ length: N }, (_, n) => n);
		const wanted = response(model, all).out;
		const power = wanted.reduce((sum, v) => sum + v * v, 0);
		const got = response(smaller, all.slice(0, -1)).out;
		const missed = got.reduce((sum, v, k) => sum + (v - wanted[k]!) ** 2, 0) / power;
		expect(missed).toBeCloseTo(lost[0]![h]!, 3);
		// Least squares by conjugate gradients on the normal equations, for each mode left out.
		for (const out of all) {
			const { columns } = response(
				model,
				all.filter((n) => n !== out),
			);
			const width = 2 * (N - 1);
			const apply = (v: number[]) => columns.map((row) => row.reduce((sum, a, i) => sum + a * v[i]!, 0));
			const back = (v: number[]) =>
				Array.from({ length: width }, (_, i) => columns.reduce((sum, row, k) => sum + row[i]! * v[k]!, 0));
			let residual = wanted.slice();
			let direction = back(residual);
			let gradient = direction;
			let square = gradient.reduce((sum, v) => sum + v * v, 0);
			for (let turn = 0; turn < 200 && square > 1e-18 * power; turn++) {
				const moved = apply(direction);
				const step = square / moved.reduce((sum, v) => sum + v * v, 0);
				residual = residual.map((v, k) => v - step * moved[k]!);
				gradient = back(residual);
				const next = gradient.reduce((sum, v) => sum + v * v, 0);
				direction = gradient.map((v, i) => v + (next / square) * direction[i]!);
				square = next;
			}
			const least = residual.reduce((sum, v) => sum + v * v, 0) / power;
			expect(lost[0]![h]!).toBeLessThan(least + 1e-3);
		}
	});

	test("more than there are cannot be kept; what was there before is remembered through two prunings", () => {
		expect(() => pruneModes(model, ranges, N + 1)).toThrow(
			/has 4 modes per head; 5 cannot be kept. Choose 4/,
		);
		const once = pruneOn(model, data, N - 1);
		expect(pruneOn(once, data, 1).metadata.pruned_from).toBe(String(N));
	});
});
