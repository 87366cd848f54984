// The tensors of one checkpoint, handed out by name and checked: missing, misshapen, and left over are refused by name.
import { UserError } from "../terminal/errors";
import type { Tensor } from "./elements";

/** Larger logarithms cannot be a learned dt or decay. */
const MAX_LOG = 50;
/** Name prefixes of modules that hold the network: DataParallel, Lightning, torch.compile, and usual names. */
const PREFIXES = ["module.", "model.", "net.", "_orig_mod."];

/** Complex numbers, real and imaginary parts of the same length. */
export interface Complex {
	re: Float64Array;
	im: Float64Array;
}

const text = (shape: number[]) => `(${shape.join(", ")})`;

/** Tensors taken by name; any left over is an unknown key. */
export class Tensors {
	readonly #tensors: Map<string, Tensor>;
	readonly #unused: Set<string>;
	readonly file: string;

	constructor(tensors: Map<string, Tensor>, file: string) {
		let entries = [...tensors];
		for (let prefix: string | undefined; ; ) {
			prefix = PREFIXES.find((p) => entries.length && entries.every(([name]) => name.startsWith(p)));
			if (!prefix) break;
			const { length } = prefix;
			entries = entries.map(([name, tensor]) => [name.slice(length), tensor]);
		}
		this.#tensors = new Map(entries);
		this.#unused = new Set(this.#tensors.keys());
		this.file = file;
	}

	has(name: string): boolean {
		return this.#tensors.has(name);
	}

	names(): Iterable<string> {
		return this.#tensors.keys();
	}

	/** The shape of a tensor that must be there. */
	shape(name: string): number[] {
		return this.#tensor(name).shape;
	}

	#tensor(name: string): Tensor {
		const tensor = this.#tensors.get(name);
		if (!tensor) throw new UserError(`The tensor ${name} is missing from ${this.file}.`);
		return tensor;
	}

	/** Values of a tensor that must be there in one of the shapes. */
	take(name: string, ...shapes: number[][]): Float64Array {
		const { shape, values, complex } = this.#tensor(name);
		if (complex) throw new UserError(`The tensor ${name} of ${this.file} is complex; expected real numbers.`);
		if (!shapes.some((expected) => expected.join() === shape.join()))
			throw this.misshapen(name, shapes.map(text).join(" or "));
		return this.#floats(name, values);
	}

	/** Values of a tensor that is complex, or has pairs (real, imaginary) as its last dimension. */
	takeComplex(name: string, ...shapes: number[][]): Complex {
		const { shape, values, complex } = this.#tensor(name);
		if (!shapes.some((expected) => [...expected, ...(complex ? [] : [2])].join() === shape.join()))
			throw this.misshapen(
				name,
				shapes.map((expected) => `${text(expected)} complex or ${text([...expected, 2])} real`).join(" or "),
			);
		const all = this.#floats(name, values);
		const part = (first: number) =>
			Float64Array.from({ length: all.length / 2 }, (_, i) => all[2 * i + first]!);
		return { re: part(0), im: part(1) };
	}

	#floats(name: string, values: Float64Array | null): Float64Array {
		if (!values)
			throw new UserError(`The tensor ${name} of ${this.file} is not floating point; save it as F32.`);
		this.#unused.delete(name);
		return values;
	}

	/** The refusal of a tensor's shape. */
	misshapen(name: string, expected: string): UserError {
		return new UserError(
			`The tensor ${name} of ${this.file} has the shape ${text(this.shape(name))}; expected ${expected}.`,
		);
	}

	/** Values of a tensor that hold logarithms, none of them absurd. */
	takeLogs(name: string, ...shapes: number[][]): Float64Array {
		return this.checkLogs(name, this.take(name, ...shapes));
	}

	/** Logarithms computed from a tensor, unless one is absurd. */
	checkLogs(name: string, logs: Float64Array): Float64Array {
		const i = logs.findIndex((log) => !(Math.abs(log) <= MAX_LOG));
		if (i >= 0)
			throw new UserError(
				`The tensor ${name} of ${this.file} holds or implies the logarithm ${logs[i]} at element ${i}; logarithms beyond ${MAX_LOG} are not those of a trained network.`,
			);
		return logs;
	}

	/** Variances of heads, all of them above 0. @param eps what the norm adds to them */
	takeVariances(name: string, H: number, eps: number): Float64Array {
		const variances = this.take(name, [H]);
		const h = variances.findIndex((value) => value <= 0);
		if (h < 0) return variances;
		const what = `The tensor ${name} of ${this.file} is ${variances[h]} for head ${h}`;
		if (variances[h]! < 0) throw new UserError(`${what}; variances must not be negative.`);
		throw new UserError(
			`${what}: the head never varied in training, so the norm would multiply later variations by ${Math.round(1 / Math.sqrt(eps))}; train further, or save 1 there if the head is constant.`,
		);
	}

	/** Both sizes of a matrix; a trailing 1, of a convolution of width one, may follow. */
	matrixShape(name: string): [number, number] {
		const shape = this.shape(name);
		const isMatrix =
			(shape.length === 2 || (shape.length === 3 && shape[2] === 1)) && shape.every((n) => n > 0);
		if (!isMatrix) throw this.misshapen(name, "a matrix");
		return [shape[0]!, shape[1]!];
	}

	ignore(name: string): void {
		this.#unused.delete(name);
	}

	/** Refuses what is left over. */
	finish(): void {
		for (const name of this.#unused)
			throw new UserError(
				`The tensor ${name} of ${this.file} is unknown; docs/CHECKPOINTS.md lists the tensors of supported networks.`,
			);
	}
}
