// What a packed folder asks of the kind of targets that it holds: an array of its own for each split, and fields of meta.json.
import { z } from "zod";

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hexadecimal digits");

export interface PackedTargets<T, Meta extends z.ZodRawShape, Split extends z.ZodRawShape> {
	/** Fields of meta.json, and of each split in it. */
	meta: Meta;
	split: Split;
	/** The array is in SPLIT.`array`.bin.gz, with `bytes` bytes a row, its SHA-256 in the split's field `sum`. */
	array: string;
	bytes: number;
	sum: keyof Split;
	/** @throws UserError when the array is not what meta.json states */
	read(
		name: string,
		which: string,
		raw: Uint8Array,
		meta: z.infer<z.ZodObject<Meta>>,
		split: z.infer<z.ZodObject<Split>>,
	): T;
	raw(targets: T): Uint8Array;
	describe(targets: T): object;
	describeSplit(targets: T): object;
}
