// A kind of targets in packed folders: an array for each split, and fields of meta.json.
import { z } from "zod";

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hexadecimal digits");

export interface PackedTargets<T, Meta extends z.ZodRawShape, Split extends z.ZodRawShape> {
	/** Fields of meta.json, and of each split in it. */
	meta: Meta;
	split: Split;
	/** The field of meta.json that only folders with these targets have. */
	field: keyof Meta & string;
	/** The array is in SPLIT.`array`.bin.gz, its SHA-256 in the split's field `sum`. */
	array: string;
	sum: keyof Split & string;
	/** Bytes of the array of `n` rows. */
	arrayBytes(n: number, meta: z.infer<z.ZodObject<Meta>> & { T: number }): number;
	/** What an array of another length holds, in words. */
	explain?(length: number, n: number, meta: z.infer<z.ZodObject<Meta>> & { T: number }): string;
	/** @param lengths of the rows @throws UserError when the array is not what meta.json states */
	read(
		name: string,
		which: string,
		raw: Uint8Array,
		meta: z.infer<z.ZodObject<Meta>> & { T: number },
		split: z.infer<z.ZodObject<Split>>,
		lengths: Uint32Array,
	): T;
	raw(targets: T): Uint8Array;
	describe(targets: T): object;
	describeSplit(targets: T): object;
}
