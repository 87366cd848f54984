// Checkpoints: the safetensors container against damage of every kind, and import and export of S4D networks.
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exportCheckpoint, formatCheckpoint } from "../../host-tools/checkpoints/export";
import { importCheckpoint, parseCheckpoint } from "../../host-tools/checkpoints/import";
import { readSafetensors, writeSafetensors } from "../../host-tools/checkpoints/safetensors";
import { nameOfActivation } from "../../host-tools/float/activation-name";
import { type FloatBlock, type FloatModel, outputsOf, parameterCount } from "../../host-tools/float/model";
import { UserError } from "../../host-tools/terminal/errors";
import { placed, randomModel, randomStepNorms } from "../support/float-model";
import { sharedPath } from "../support/shared";

/** A container from a header and data, built here by hand from the format's description. */
function container(header: unknown, data: Uint8Array | number[]): Uint8Array {
	const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
	const length = Buffer.alloc(8);
	length.writeBigUInt64LE(BigInt(json.length));
	return Buffer.concat([length, json, Uint8Array.from(data)]);
}

/** The model with every number rounded to float32, as export stores it. */
function rounded(model: FloatModel): FloatModel {
	return JSON.parse(JSON.stringify(model), (_, value) =>
		value && typeof value === "object" && "0" in value && !Array.isArray(value)
			? Float64Array.from(Object.values(value) as number[], Math.fround)
			: value,
	);
}

type Tensors = Map<string, { shape: number[]; values: ArrayLike<number> }>;

/** The bytes of a good checkpoint after a change to its tensors or metadata. */
function changed(
	model: FloatModel,
	change: (tensors: Tensors, metadata: Record<string, string>) => void,
): Uint8Array {
	const { tensors, metadata } = readSafetensors(formatCheckpoint(model), "x");
	change(tensors as Tensors, metadata);
	return writeSafetensors(tensors as Tensors, metadata);
}

const parse = (bytes: Uint8Array) => parseCheckpoint(bytes, "net.safetensors").model;
/** A model with a norm, three channels or fewer. */
const model = randomModel(1);
const { N } = model.blocks[0]!.mixer;

/** What metadata and flags say of a network, which is alike in all blocks. */
function settingsOf({ blocks, head }: FloatModel) {
	const all = blocks.map(({ placement, norm, activation }) => ({
		activation: nameOfActivation(activation),
		pooling: head.pooling,
		normPlacement: placement,
		eps: norm.kind === "batch" ? norm.eps : undefined,
	}));
	for (const one of all) expect(one).toEqual(all[0]);
	return all[0]!;
}

describe("safetensors", () => {
	it("reads the four types of floating point, by bytes written out by hand", () => {
		const header = {
			__metadata__: { a: "b" },
			half: { dtype: "F16", shape: [4], data_offsets: [0, 8] },
			brain: { dtype: "BF16", shape: [2], data_offsets: [8, 12] },
			single: { dtype: "F32", shape: [1, 1], data_offsets: [12, 16] },
			double: { dtype: "F64", shape: [], data_offsets: [16, 24] },
			count: { dtype: "I64", shape: [], data_offsets: [24, 32] },
		};
		const data = [
			...[0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0xff, 0x7b], // 1, -2, 2^-24, 65504
			...[0x80, 0x3f, 0x49, 0xc0], // 1, -3.140625
			...[0x00, 0x00, 0x20, 0x41], // 10
			...[0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f], // 0.1
			...[7, 0, 0, 0, 0, 0, 0, 0],
		];
		const { tensors, metadata } = readSafetensors(container(header, data), "x");
		expect(metadata).toEqual({ a: "b" });
		expect([...tensors.get("half")!.values!]).toEqual([1, -2, 2 ** -24, 65504]);
		expect([...tensors.get("brain")!.values!]).toEqual([1, -3.140625]);
		expect(tensors.get("single")).toEqual({ shape: [1, 1], values: Float64Array.of(10) });
		expect(tensors.get("double")).toEqual({ shape: [], values: Float64Array.of(0.1) });
		expect(tensors.get("count")!.values).toBeNull();
	});
	it("writes what it reads, aligned to eight bytes", () => {
		fc.assert(
			fc.property(
				fc.dictionary(
					fc.string({ unit: "binary" }).filter((name) => name !== "__metadata__" && name !== "__proto__"),
					fc.array(fc.float({ noNaN: true, noDefaultInfinity: true })),
				),
				fc.string(),
				(items, note) => {
					const tensors: Tensors = new Map(
						Object.entries(items).map(([name, values]) => [name, { shape: [values.length], values }]),
					);
					const bytes = writeSafetensors(tensors, { note });
					expect(Number(Buffer.from(bytes).readBigUInt64LE(0)) % 8).toBe(0);
					const back = readSafetensors(bytes, "x");
					expect(back.metadata).toEqual({ note });
					expect(back.tensors.size).toBe(tensors.size);
					for (const [name, { values }] of tensors)
						expect([...back.tensors.get(name)!.values!]).toEqual([...(values as number[])]);
				},
			),
			{ seed: 1 },
		);
	});
	const f32 = (offsets: number[], shape = [1]) => ({ dtype: "F32", shape, data_offsets: offsets });
	it.each([
		["no header", new Uint8Array(7), /header exceeds/],
		["a header longer than the file", container("{}", []).fill(255, 0, 7), /header exceeds/],
		["no JSON", container("{]", []), /not JSON/],
		["no UTF-8", container("{}", []).fill(0xff, 8), /not JSON/],
		["a list", container([], []), /not an object/],
		["an offset past the end", container({ a: f32([0, 4]) }, [0, 0]), /needs 4 bytes.*0 to 4 of 2/],
		["a size that does not fit the shape", container({ a: f32([0, 4], [2]) }, [0, 0, 0, 0]), /needs 8 bytes/],
		["backward offsets", container({ a: f32([4, 0]) }, [0, 0, 0, 0]), /tensor a/],
		["a negative offset", container({ a: f32([-4, 0]) }, []), /tensor a wrongly/],
		["a shape of fractions", container({ a: f32([0, 4], [0.5, 2]) }, [0, 0, 0, 0]), /tensor a wrongly/],
		["an overlap", container({ a: f32([0, 4]), b: f32([0, 4]) }, [0, 0, 0, 0]), /overlap or leave a hole/],
		["a hole", container({ a: f32([4, 8]) }, [0, 0, 0, 0, 0, 0, 0, 0]), /overlap or leave a hole/],
		["bytes left over", container({ a: f32([0, 4]) }, [0, 0, 0, 0, 9]), /has 1 bytes after its last/],
		["an unknown type", container({ a: { ...f32([0, 4]), dtype: "F8" } }, [0, 0, 0, 0]), /unknown type F8/],
		["an unknown field", container({ a: { ...f32([0, 4]), x: 1 } }, [0, 0, 0, 0]), /tensor a wrongly/],
		["metadata that are no texts", container({ __metadata__: { a: 1 } }, []), /metadata/],
		[
			"NaN",
			container({ a: f32([0, 8], [1, 2]) }, [0, 0, 0, 0, 0, 0, 0xc0, 0x7f]),
			/a of x holds NaN at index \[0, 1\]/,
		],
		["infinity", container({ a: f32([0, 4]) }, [0, 0, 0x80, 0x7f]), /holds Infinity/],
	])("refuses %s", (_, bytes, message) => {
		expect(() => readSafetensors(bytes, "x")).toThrow(UserError);
		expect(() => readSafetensors(bytes, "x")).toThrow(message);
	});
	it("does not write what float32 cannot hold", () => {
		const tensors: Tensors = new Map([["a", { shape: [2], values: [0, 1e39] }]]);
		expect(() => writeSafetensors(tensors, {})).toThrow(/tensor a holds 1e\+39 at element 1/);
	});
});

describe("a damaged checkpoint", () => {
	const bytes = formatCheckpoint(model);
	/** Parses; anything but a model or a UserError fails the test. */
	const survives = (damaged: Uint8Array): boolean => {
		try {
			parse(damaged);
			return true;
		} catch (error) {
			expect(error).toBeInstanceOf(UserError);
			expect((error as Error).message).not.toContain("\n");
			return false;
		}
	};
	it("is refused when cut off at any byte", () => {
		for (let length = 0; length < bytes.length; length++)
			expect(survives(bytes.subarray(0, length))).toBe(false);
		expect(survives(bytes)).toBe(true);
	});
	it("is refused or read when bytes are changed, and never anything else", () => {
		let refused = 0;
		fc.assert(
			fc.property(
				fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
				fc.boolean(),
				(changes, inHeader) => {
					const copy = bytes.slice();
					for (const [at, value] of changes) copy[at % (inHeader ? 4000 : copy.length)] = value;
					if (!survives(copy)) refused++;
				},
			),
			{ numRuns: 3000, seed: 3 },
		);
		expect(refused).toBeGreaterThan(1000);
	});
});

describe("import", () => {
	it("gives back what was exported, for networks of any shape", () => {
		for (let seed = 0; seed < 60; seed++) {
			const original = randomModel(seed);
			const back = parse(formatCheckpoint(original));
			expect(back.metadata.note).toBe("made for a test");
			// Input scales stand in the metadata, at full precision; the tensors are float32.
			const expected = { ...rounded(original), inputMean: original.inputMean, inputStd: original.inputStd };
			const blocks = expected.blocks.map((block) => ({
				...block,
				norm: block.norm.kind === "batch" ? { ...block.norm, eps: 1e-5 } : block.norm,
			}));
			expect({ ...back, metadata: {} }).toEqual({ ...expected, blocks, metadata: {} });
		}
	});
	it("does so with norms over the heads of a step, and with every activation and gate", () => {
		for (let seed = 0; seed < 60; seed++) {
			const original = randomStepNorms(seed);
			const back = parse(formatCheckpoint(original));
			expect(back.blocks).toEqual(rounded(original).blocks);
		}
	});
	it("takes LayerNorm without bias and RMSNorm, as metadata say in several ways", () => {
		const bare = (said: Record<string, string>) =>
			parse(
				changed(model, (tensors, metadata) => {
					for (const name of [...tensors.keys()])
						if (/^norms.*(running_|bias)/.test(name)) tensors.delete(name);
					delete metadata.norm_kind;
					Object.assign(metadata, said);
				}),
			).blocks[0]!;
		const weight = parse(formatCheckpoint(model)).blocks[0]!.norm;
		expect(bare({ norm_kind: "RMSNorm" }).norm).toEqual({
			kind: "rms",
			weight: weight.kind === "batch" && weight.weight,
			eps: 1e-5,
		});
		const layer = bare({ norm: "layer", eps: "1e-6" }).norm;
		expect(layer).toMatchObject({ kind: "layer", bias: new Float64Array(model.H), eps: 1e-6 });
	});
	it("takes the other spellings of the family", () => {
		const { H } = model;
		const bytes = changed(model, (tensors) => {
			const all = [...tensors];
			tensors.clear();
			for (const [name, tensor] of all) {
				const prefixed = `module.model.${name}`;
				if (name.endsWith("kernel.C")) {
					if (name.includes("s4_layers.0")) tensors.set(prefixed, { ...tensor, shape: [1, H, N, 2] });
					else
						for (const [part, suffix] of ["_re", "_im"].entries())
							tensors.set(prefixed + suffix, {
								shape: [H, N],
								values: Array.from({ length: H * N }, (_, i) => tensor.values[2 * i + part]!),
							});
				} else if (name.endsWith("output_linear.0.weight"))
					tensors.set(prefixed, { ...tensor, shape: [2 * H, H] });
				else if (name.endsWith(".D")) tensors.set(prefixed, { ...tensor, shape: [1, H] });
				else tensors.set(prefixed, tensor);
			}
			tensors.set("module.model.norms.0.num_batches_tracked", { shape: [], values: [5] });
		});
		expect(parse(bytes)).toEqual(parse(formatCheckpoint(model)));
	});
	it("lets flags go before metadata and metadata before defaults", () => {
		const plain = changed(model, (_, metadata) => {
			for (const key of Object.keys(metadata)) delete metadata[key];
		});
		const defaults = parseCheckpoint(plain, "x", { normPlacement: "before" }).model;
		expect(settingsOf(defaults)).toMatchObject({ activation: "gelu", pooling: "mean" });
		expect(defaults.labels[0]).toBe("0");
		expect([...defaults.inputStd]).toEqual(new Array(model.channels).fill(1));
		const said = changed(model, (_, metadata) => {
			for (const key of Object.keys(metadata)) delete metadata[key];
			Object.assign(metadata, {
				activation: "GELU_tanh",
				pooling: "last",
				prenorm: "False",
				norm_eps: "1e-3",
			});
		});
		expect(settingsOf(parse(said))).toEqual({
			activation: "gelu_tanh",
			pooling: "last",
			normPlacement: "after",
			eps: 1e-3,
		});
		const flags = { activation: "gelu_sigmoid", pooling: "mean", normPlacement: "before", eps: 0.1 } as const;
		const { model: flagged } = parseCheckpoint(said, "x", {
			...flags,
			labels: model.labels.map((label) => `${label}!`),
		});
		expect(settingsOf(flagged)).toEqual(flags);
		expect(flagged.labels[0]).toBe("class 0!");
	});
	it("takes a network without norms", () => {
		const bytes = changed(model, (tensors, metadata) => {
			for (const name of [...tensors.keys()]) if (name.startsWith("norms.")) tensors.delete(name);
			delete metadata.norm_kind;
		});
		expect(parse(bytes).blocks.map(({ norm }) => norm)).toEqual(model.blocks.map(() => ({ kind: "none" })));
	});
	const set =
		(name: string, shape: number[], fill = 0) =>
		(tensors: Tensors) =>
			tensors.set(name, { shape, values: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(fill) });
	it.each<[string, (tensors: Tensors, metadata: Record<string, string>) => void, RegExp]>([
		[
			"LayerNorm that is said to be BatchNorm",
			(tensors) => {
				for (const name of [...tensors.keys()]) if (name.includes(".running_")) tensors.delete(name);
			},
			/say that its norms are of kind batch, but norms\.0\.bias is there.*LayerNorm/,
		],
		[
			"BatchNorm that is said to be LayerNorm",
			(_, metadata) => {
				delete metadata.norm_placement;
				delete metadata.norm_kind;
				metadata.prenorm = "LayerNorm";
			},
			/say that its norms are of kind layer, but norms\.0\.running_mean.*BatchNorm1d/,
		],
		[
			"a norm that may be of two kinds",
			(tensors, metadata) => {
				for (const name of [...tensors.keys()])
					if (/^norms.*(running_|bias)/.test(name)) tensors.delete(name);
				delete metadata.norm_kind;
			},
			/norms\.0\.weight .* may be of LayerNorm or of RMSNorm/,
		],
		[
			"norms that are said to be there and are not",
			(tensors) => {
				for (const name of [...tensors.keys()]) if (name.startsWith("norms.")) tensors.delete(name);
			},
			/norms of kind batch, but it has no tensor norms/,
		],
		[
			"an unknown kind of norm",
			(_, metadata) => {
				metadata.norm_kind = "instance";
			},
			/norm_kind = "instance"; supported are batch, layer, rms/,
		],
		[
			"an unknown gate",
			(_, metadata) => {
				metadata.gate_activation = "tanh";
			},
			/gate_activation = "tanh"; supported are sigmoid, hard_sigmoid/,
		],
		["half a norm", (tensors) => tensors.delete("norms.0.running_var"), /norms\.0\.running_var is missing/],
		["a missing tensor", (tensors) => tensors.delete("s4_layers.0.D"), /s4_layers\.0\.D is missing from net/],
		[
			"an unknown tensor",
			set("s4_layers.0.kernel.B", [1]),
			/s4_layers\.0\.kernel\.B of net\.safetensors is unknown/,
		],
		["a norm of no layer", set("norms.9.weight", [1]), /norms\.9\.weight/],
		[
			"a misshapen tensor",
			set("s4_layers.0.D", [77]),
			/s4_layers\.0\.D .*\(77\); expected \(\d+\) or \(1, \d+\)/,
		],
		["a gap between layers", set("s4_layers.7.D", [1]), /no tensor of s4_layers/],
		[
			"no layers",
			(tensors) => {
				for (const name of [...tensors.keys()]) if (name.startsWith("s4_")) tensors.delete(name);
			},
			/not a network of the state-spaces/,
		],
		[
			"a name with two meanings",
			(tensors) => {
				const name = "s4_layers.0.kernel.log_A_real";
				tensors.set("s4_layers.0.kernel.A_real", tensors.get(name)!);
				tensors.delete(name);
			},
			/A_real of net\.safetensors may hold Re A or, as in S4Block, log\(-Re A\).* save log\(-Re A\) as log_A_real/,
		],
		["an absurd dt", set("s4_layers.0.kernel.log_dt", [model.H], 1000), /log_dt .*1000 at element 0/],
		["a negative variance", set("norms.0.running_var", [model.H], -1), /running_var .*-1 for head 0/],
		[
			"an unknown activation",
			(_, metadata) => {
				metadata.activation = "silu";
			},
			/activation = "silu"; supported are gelu.*relu/,
		],
		[
			"an unknown pooling",
			(_, metadata) => {
				metadata.pooling = "max";
			},
			/pooling = "max"/,
		],
		[
			"another discretization",
			(_, metadata) => {
				metadata.discretization = "bilinear";
			},
			/discretization = "bilinear"/,
		],
		[
			"norms with no place",
			(_, metadata) => {
				delete metadata.norm_placement;
			},
			/net\.safetensors has norms, but nothing states.*--norm before.*--norm after/,
		],
		[
			"places of norms that contradict each other",
			(_, metadata) => {
				metadata.prenorm = metadata.norm_placement === "before" ? "false" : "true";
			},
			/contradict.*norm_placement = "\w+", prenorm = "\w+"/,
		],
		[
			"two directions by metadata",
			(_, metadata) => {
				metadata.bidirectional = "true";
			},
			/bidirectional = "true"; only "false"/,
		],
		[
			"metadata that are not understood",
			(_, metadata) => {
				metadata.approximate = "tanh";
			},
			/approximate = "tanh", which is not understood.*--ignore approximate/,
		],
		[
			"metadata that are no JSON",
			(_, metadata) => {
				metadata.input_mean = "[1,";
			},
			/input_mean = "\[1,"/,
		],
		[
			"too many input means",
			(_, metadata) => {
				metadata.input_mean = "[1,2,3,4,5,6]";
			},
			/input_mean .* 6 elements/,
		],
		[
			"a spread of zero",
			(_, metadata) => {
				metadata.input_std = JSON.stringify(new Array(model.channels).fill(0));
			},
			/input_std .* 0 for channel 0/,
		],
		[
			"too few labels",
			(_, metadata) => {
				metadata.labels = '["a"]';
			},
			/labels .* 1 elements/,
		],
		[
			"two outputs of one name",
			(_, metadata) => {
				metadata.labels = JSON.stringify(model.labels.map((label, i) => (i === 1 ? model.labels[0] : label)));
			},
			/The label class 0 of .* stands for two outputs; pass --labels/,
		],
	])("refuses %s", (_, change, message) => {
		expect(model.blocks[0]!.norm.kind).toBe("batch");
		const bytes = changed(model, change);
		expect(() => parse(bytes)).toThrow(UserError);
		expect(() => parse(bytes)).toThrow(message);
	});
});

describe("what was understood", () => {
	const interpret = (change: (tensors: Tensors, metadata: Record<string, string>) => void, flags = {}) =>
		parseCheckpoint(changed(model, change), "net.safetensors", flags);

	it("tells each setting's source, and what is ignored", () => {
		const { interpretation } = interpret(
			(_, metadata) => {
				for (const key of Object.keys(metadata)) delete metadata[key];
				Object.assign(metadata, { pooling: "avg", format: "pt", note: "by me", epoch: "3" });
			},
			{ normPlacement: "after" },
		);
		const { H, channels, blocks } = model;
		expect(interpretation).toEqual({
			file: "net.safetensors",
			family: "S4D",
			shape: { channels, H, N, L: blocks.length, head: "classes", outputs: outputsOf(model) },
			settings: {
				discretization: { value: "zoh", from: "assumed" },
				activation: { value: "gelu", from: "assumed" },
				pooling: { value: "mean", from: "metadata" },
				gate_activation: { value: "sigmoid", from: "assumed" },
				norm: { value: "after", from: "flag" },
				norm_kind: { value: "batch", from: "tensors" },
				eps: { value: 1e-5, from: "assumed" },
				input_mean: { value: new Array(channels).fill(0), from: "assumed" },
				input_std: { value: new Array(channels).fill(1), from: "assumed" },
			},
			ignored: { format: "pt", note: "by me" },
		});
	});
	it("assumes nothing of what export wrote", () => {
		for (let seed = 0; seed < 20; seed++) {
			const { interpretation } = parseCheckpoint(formatCheckpoint(randomModel(seed)), "x");
			expect(Object.values(interpretation.settings).filter(({ from }) => from === "assumed")).toEqual([]);
		}
	});
	it("needs no place of norms that are not there", () => {
		const { interpretation } = interpret((tensors, metadata) => {
			delete metadata.norm_placement;
			delete metadata.norm_kind;
			for (const name of [...tensors.keys()]) if (name.startsWith("norms.")) tensors.delete(name);
		});
		expect(interpretation.settings.norm).toEqual({ value: "none", from: "tensors" });
		expect(interpretation.settings.eps).toBeUndefined();
	});
	it("lets a person ignore a key, for good", () => {
		const { model: read, interpretation } = interpret(
			(_, metadata) => Object.assign(metadata, { approximate: "tanh", activation: "relu" }),
			{ ignore: ["approximate", "activation"], activation: "gelu_tanh" },
		);
		expect(interpretation.ignored).toMatchObject({ approximate: "tanh", activation: "relu" });
		expect(interpretation.settings.activation).toEqual({ value: "gelu_tanh", from: "flag" });
		expect(settingsOf(parse(formatCheckpoint(read))).activation).toBe("gelu_tanh");
	});
});

describe("files", () => {
	it("writes a checkpoint whole or not at all", () => {
		const folder = mkdtempSync(join(tmpdir(), "checkpoint-"));
		const path = join(folder, "a.safetensors");
		exportCheckpoint(model, path);
		expect(readdirSync(folder)).toEqual(["a.safetensors"]);
		expect(importCheckpoint(path)).toEqual(parse(formatCheckpoint(model)));
		const head = { ...model.head, bias: new Float64Array(outputsOf(model)).fill(Number.NaN) };
		const broken = { ...model, head };
		expect(() => exportCheckpoint(broken, join(folder, "b.safetensors"))).toThrow(/decoder\.bias holds NaN/);
		expect(() => exportCheckpoint(model, join(folder, "none", "b"))).toThrow(UserError);
		expect(readdirSync(folder)).toEqual(["a.safetensors"]);
	});
	it.each<[string, (block: FloatBlock) => void, RegExp]>([
		[
			"activations",
			({ activation }) => Object.assign(activation, { table: "gelu_tanh" }),
			/their activation \(gelu, gelu_tanh\)/,
		],
		[
			"places of norms",
			(block) => Object.assign(block, { placement: "after" }),
			/their placement of norms \(before, after\)/,
		],
		[
			"kinds of norms",
			(block) =>
				Object.assign(block, { norm: { kind: "rms", weight: new Float64Array(model.H), eps: 1e-5 } }),
			/their kind of norms \(batch, rms\)/,
		],
		[
			"gates",
			({ channel }) => Object.assign(channel, { gateTable: "hard_sigmoid" }),
			/their gates \(sigmoid, hard_sigmoid\)/,
		],
		["eps", ({ norm }) => Object.assign(norm, { eps: 0.5 }), /their eps \(0\.00001, 0\.5\)/],
	])("does not write blocks of different %s, which its metadata state once", (_, change, message) => {
		const unlike = placed(randomModel(1), "before");
		for (const block of unlike.blocks) block.activation = { kind: "gelu", table: "gelu" };
		expect(settingsOf(unlike).eps).toBe(1e-5);
		change(unlike.blocks[1]!);
		expect(() => formatCheckpoint(unlike)).toThrow(UserError);
		expect(() => formatCheckpoint(unlike)).toThrow(message);
	});
	it("says what is not there or no checkpoint", () => {
		expect(() => importCheckpoint("/nowhere/net.safetensors")).toThrow(/no checkpoint at \/nowhere/);
		expect(() => importCheckpoint(tmpdir())).toThrow(UserError);
		const path = join(mkdtempSync(join(tmpdir(), "checkpoint-")), "a.safetensors");
		writeFileSync(path, "hello, this is no checkpoint");
		expect(() => importCheckpoint(path)).toThrow(/truncated or not a safetensors file/);
		const old = Buffer.from("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46 and more", "latin1");
		expect(() => parseCheckpoint(old, "net.ckpt.pth")).toThrow(
			/net\.ckpt\.pth is a PyTorch file .* before PyTorch 1\.6.*python3 -c ".*torch\.load\('net\.ckpt\.pth'.*'net-weights\.pt'\)"/,
		);
		expect(() => parseCheckpoint(old, "a'; b.pt")).toThrow(/torch\.load\('model\.pt'/);
	});
	const h16 = sharedPath("checkpoints/smnist-s4d-h16.safetensors");
	const h32 = sharedPath("checkpoints/smnist-s4d-h32.safetensors");
	it.skipIf(!h16 || !h32)(
		"imports the sequential MNIST checkpoints as their metadata say (needs ../shared)",
		() => {
			const small = importCheckpoint(h16!);
			const { H, channels, blocks, head } = small;
			expect({ H, channels, L: blocks.length, outputs: outputsOf(small) }).toEqual({
				H: 16,
				channels: 1,
				L: 3,
				outputs: 10,
			});
			for (const { mixer } of blocks) expect(mixer).toMatchObject({ kind: "s4d", N: 8 });
			expect(head.kind).toBe("classes");
			expect(settingsOf(small)).toMatchObject({
				activation: "gelu_sigmoid",
				pooling: "mean",
				normPlacement: "before",
			});
			expect(parameterCount(small)).toBe(3562);
			expect(parameterCount(importCheckpoint(h32!))).toBe(10186);
		},
	);
});
