// The tensors of one checkpoint, handed out by name and checked: missing, misshapen, and left over are refused by name.
import { UserError } from "../terminal/errors";
import type { Tensor } from "./safetensors";

/** exp of more than this is no dt or decay that a network could have learned. */
const MAX_LOG = 50;
const PREFIXES = ["module.", "model."];

/** Tensors handed out by name; what nobody asked for is an unknown key. */
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
		const tensor = this.#tensors.get(name);
		if (!tensor) throw new UserError(`The tensor ${name} is missing from ${this.file}.`);
		return tensor.shape;
	}

	/** Values of a tensor that must be there in one of the shapes. */
	take(name: string, ...shapes: number[][]): Float64Array {
		const shape = this.shape(name);
		if (!shapes.some((expected) => expected.join() === shape.join()))
			throw new UserError(
				`The tensor ${name} of ${this.file} has the shape (${shape.join(", ")}); expected is ${shapes.map((s) => `(${s.join(", ")})`).join(" or ")}.`,
			);
		const { values } = this.#tensors.get(name)!;
		if (!values)
			throw new UserError(`The tensor ${name} of ${this.file} is not of floating point; save it as F32.`);
		this.#unused.delete(name);
		return values;
	}

	/** Values of a tensor that hold logarithms, none of them absurd. */
	takeLogs(name: string, ...shapes: number[][]): Float64Array {
		const values = this.take(name, ...shapes);
		const i = values.findIndex((value) => Math.abs(value) > MAX_LOG);
		if (i >= 0)
			throw new UserError(
				`The tensor ${name} of ${this.file} holds ${values[i]} at element ${i}; logarithms beyond ${MAX_LOG} are not those of a trained network.`,
			);
		return values;
	}

	/** Both sizes of a tensor that is a matrix; a trailing 1, of a convolution of width one, may follow. */
	matrixShape(name: string): [number, number] {
		const shape = this.shape(name);
		const isMatrix =
			(shape.length === 2 || (shape.length === 3 && shape[2] === 1)) && shape.every((n) => n > 0);
		if (!isMatrix)
			throw new UserError(
				`The tensor ${name} of ${this.file} has the shape (${shape.join(", ")}); expected is a matrix.`,
			);
		return [shape[0]!, shape[1]!];
	}

	ignore(name: string): void {
		this.#unused.delete(name);
	}

	/** Refuses what is left over. */
	finish(): void {
		for (const name of this.#unused)
			throw new UserError(
				`The tensor ${name} of ${this.file} is unknown; docs/CHECKPOINTS.md lists the tensors of the networks that can be read.`,
			);
	}
}
