// The class S4Model of state-spaces/s4's example.py around its layers: encoder, s4_layers.l with output_linear, norms.l, decoder.

import { MAX_VOCABULARY } from "../../../src/network/embedding";
import { LIMITS } from "../../../src/network/limits";
import type { FloatBlock, FloatChannel, FloatEncoder, FloatMixer, FloatNorm } from "../../float/model";
import type { FloatS4d } from "../../float/s4d";
import { UserError } from "../../terminal/errors";
import { UnstatedError } from "../metadata";
import type { Tensors } from "../tensors";
import type { Network, NetworkSettings } from "./family";

/** A layer's mixer. */
export type Ssm = FloatS4d;

export const LAYER = /^s4_layers\.(\d{1,6})\./;

/** @throws UserError for more layers than a blob can have */
export function checkLayers(file: string, L: number): void {
	if (L > LIMITS.blocks)
		throw new UserError(`${file} has ${L} layers; at most ${LIMITS.blocks} are supported.`);
}

/** The number of layers: s4_layers.0 to the last, none left out. */
function countLayers(tensors: Tensors): number {
	const numbers = new Set<number>();
	for (const name of tensors.names()) {
		const match = LAYER.exec(name);
		if (match) numbers.add(Number(match[1]));
	}
	const L = numbers.size;
	checkLayers(tensors.file, L);
	for (let l = 0; l < L; l++)
		if (!numbers.has(l))
			throw new UserError(`${tensors.file} has ${L} layers, but no tensor of s4_layers.${l}.`);
	return L;
}

/** Which norm these tensors are of. @throws UserError when they do not tell, or tell another than is stated */
function normKindOf(
	tensors: Tensors,
	norm: string,
	names: string[],
	stated: NetworkSettings["norm"],
): NonNullable<NetworkSettings["norm"]> {
	const hasBias = names.includes(`${norm}bias`);
	const batch = names.includes(`${norm}running_mean`) || names.includes(`${norm}running_var`);
	const shown = batch ? "batch" : hasBias ? "layer" : undefined;
	const kind = shown ?? stated;
	if (kind === undefined)
		throw new UnstatedError(
			`The tensor ${names[0]} of ${tensors.file} has no bias beside it: it may be of LayerNorm or of RMSNorm; state which (--metadata norm_kind=layer or norm_kind=rms).`,
		);
	if (stated !== undefined && kind !== stated)
		throw new UserError(
			`The metadata of ${tensors.file} say that its norms are of kind ${stated}, but ${batch ? `${norm}running_mean and running_var are there, which only BatchNorm1d has` : `${norm}bias is there, and no running statistics: it is LayerNorm`}.`,
		);
	return kind;
}

/** The norm of layer `l`. */
function takeNorm(tensors: Tensors, l: number, H: number, { eps, norm: stated }: NetworkSettings): FloatNorm {
	const norm = `norms.${l}.`;
	const names = [...tensors.names()].filter((name) => name.startsWith(norm));
	if (names.length === 0) return { kind: "none" };
	const kind = normKindOf(tensors, norm, names, stated);
	if (kind === "rms") return { kind, weight: tensors.take(`${norm}weight`, [H]), eps };
	if (kind === "layer") {
		const bias = names.includes(`${norm}bias`) ? tensors.take(`${norm}bias`, [H]) : new Float64Array(H);
		return { kind, weight: tensors.take(`${norm}weight`, [H]), bias, eps };
	}
	const affine = names.includes(`${norm}weight`) || names.includes(`${norm}bias`);
	const variance = tensors.takeVariances(`${norm}running_var`, H, eps);
	tensors.ignore(`${norm}num_batches_tracked`);
	return {
		kind: "batch",
		weight: affine ? tensors.take(`${norm}weight`, [H]) : new Float64Array(H).fill(1),
		bias: affine ? tensors.take(`${norm}bias`, [H]) : new Float64Array(H),
		mean: tensors.take(`${norm}running_mean`, [H]),
		variance,
		eps,
	};
}

/** The channel mixer of layer `l`: one of which nothing is said is a GLU. */
function takeChannel(
	tensors: Tensors,
	l: number,
	H: number,
	stated: NetworkSettings["channel"],
): FloatChannel {
	const gateTable = "sigmoid";
	if (stated === "ungated") return { kind: stated };
	if (stated === "half_glu1" || stated === "half_glu2") {
		const gate = `s4_layers.${l}.out2.`;
		const weight = tensors.take(`${gate}weight`, [H, H]);
		return { kind: stated, gateTable, weight, bias: tensors.take(`${gate}bias`, [H]) };
	}
	const output = `s4_layers.${l}.output_linear.0.`;
	return {
		kind: "glu",
		gateTable,
		weight: tensors.take(`${output}weight`, [2 * H, H, 1], [2 * H, H]),
		bias: tensors.take(`${output}bias`, [2 * H]),
	};
}

/** @throws UserError on more tokens than a table has rows */
export function checkVocabulary(file: string, vocabulary: number): void {
	if (vocabulary < 2 || vocabulary > MAX_VOCABULARY)
		throw new UserError(
			`${file} has an embedding of ${vocabulary} tokens; 2 to ${MAX_VOCABULARY} are supported.`,
		);
}

/** The encoder with its sizes: an embedding, (tokens, H) without a bias, where the file says so. */
function takeEncoder(
	tensors: Tensors,
	stated: NetworkSettings["encoder"],
): { H: number; channels: number; encoder: FloatEncoder } {
	const [rows, columns] = tensors.matrixShape("encoder.weight");
	if (stated === "embedding") {
		checkVocabulary(tensors.file, rows);
		const weight = tensors.take("encoder.weight", [rows, columns]);
		return { H: columns, channels: 1, encoder: { kind: "embedding", vocabulary: rows, weight } };
	}
	if (!tensors.has("encoder.bias"))
		throw new UnstatedError(
			`${tensors.file} has no tensor encoder.bias; if its encoder is an embedding of tokens, state that (--metadata encoder=embedding).`,
		);
	const weight = tensors.take("encoder.weight", [rows, columns], [rows, columns, 1]);
	const bias = tensors.take("encoder.bias", [rows]);
	return { H: rows, channels: columns, encoder: { kind: "linear", weight, bias } };
}

/** @param takeMixer what a family keeps of one layer, for H heads */
export function readS4Model(
	tensors: Tensors,
	said: NetworkSettings,
	takeMixer: (l: number, H: number) => FloatMixer,
): Network {
	const L = countLayers(tensors);
	const { H, channels, encoder } = takeEncoder(tensors, said.encoder);
	const [outputs] = tensors.matrixShape("decoder.weight");
	const blocks = Array.from(
		{ length: L },
		(_, l): FloatBlock => ({
			placement: "before",
			mixer: takeMixer(l, H),
			activation: { kind: "gelu", table: "gelu" },
			channel: takeChannel(tensors, l, H, said.channel),
			norm: takeNorm(tensors, l, H, said),
		}),
	);
	return {
		H,
		channels,
		encoder,
		blocks,
		decoder: {
			weight: tensors.take("decoder.weight", [outputs, H]),
			bias: tensors.take("decoder.bias", [outputs]),
		},
	};
}
