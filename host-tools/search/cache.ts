// Measurements that outlive a run: one file per set of sequences, one line per blob, found by content. An interrupted search
// resumes where it stopped. Only a cache: what is missing is measured again.
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Dataset } from "../datasets/dataset";
import { targetKind } from "../datasets/targets";
import { UserError } from "../terminal/errors";

export const measurementType = z.object({
	count: z.number().int().positive(),
	right: z.number().int().nonnegative(),
	values: z.object({ nrmse: z.number(), smape: z.number(), mse: z.number() }).optional(),
	kl: z.number(),
	noise: z.number(),
});
const lineType = measurementType.extend({ blob: z.string() });

/** How a blob's outputs compare with the float network's on the same sequences. */
export type Comparison = z.infer<typeof measurementType>;

/** Default folder of the measurements. */
export function defaultCacheFolder(): string {
	return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "edge-ssm");
}

const hex = (...parts: (string | Uint8Array)[]) => {
	const hash = createHash("sha256");
	for (const part of parts) hash.update(part);
	return hash.digest("hex");
};

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint32Array | Float64Array) =>
	new Uint8Array(buffer, byteOffset, byteLength);

/** Key of the sequences, targets and float outputs that blobs are compared with. */
export function comparisonKey({ values, targets, lengths }: Dataset, floatOutputs: Float64Array): string {
	return hex(bytesOf(values), targetKind(targets).bytes(targets), bytesOf(lengths), bytesOf(floatOutputs));
}

export class Cache {
	readonly #path: string;
	readonly #known = new Map<string, Comparison>();

	/** @param folder created if missing @throws UserError when it cannot be written */
	constructor(folder: string, key: string) {
		this.#path = join(folder, `measured-${key.slice(0, 32)}.jsonl`);
		try {
			mkdirSync(folder, { recursive: true });
			if (!existsSync(this.#path)) return;
			for (const line of readFileSync(this.#path, "utf8").split("\n")) {
				// A killed run leaves an incomplete line; skip it.
				try {
					const { blob, ...measurement } = lineType.parse(JSON.parse(line));
					this.#known.set(blob, measurement);
				} catch {}
			}
		} catch (error) {
			throw new UserError(`The cache ${folder} cannot be used: ${(error as Error).message}.`);
		}
	}

	get(blob: Uint8Array): Comparison | undefined {
		return this.#known.get(hex(blob));
	}

	/** @throws UserError when the file cannot be written, as on a full disk */
	put(blob: Uint8Array, measurement: Comparison): void {
		const name = hex(blob);
		this.#known.set(name, measurement);
		try {
			appendFileSync(this.#path, `\n${JSON.stringify({ blob: name, ...measurement })}\n`);
		} catch (error) {
			throw new UserError(
				`The cache ${this.#path} cannot be written: ${(error as Error).message}. Free some space or name another folder with --cache, and repeat the command: what was measured is kept.`,
			);
		}
	}
}
