// Why a blob is refused: the kernel's error names (firmware/kernel/essm.h) with a sentence.

/**
 * Error names for blobs; the kernel has the same with the prefix ESSM_E_, except IDENTITY and SIGNATURE, which it never checks.
 */
export type BlobErrorName =
	| "TRUNCATED"
	| "MAGIC"
	| "VERSION"
	| "CRC"
	| "LAYOUT"
	| "SHAPE"
	| "PRECISION"
	| "ALIGNMENT"
	| "SECTION"
	| "KIND"
	| "TEXT"
	| "IDENTITY"
	| "SIGNATURE";

/** Refusal of a blob; `message` begins with the kernel's error name. */
export class BlobError extends Error {
	/** A field: on a device an inherited name cannot be assigned. */
	override readonly name = "BlobError";
	readonly code: BlobErrorName;

	constructor(code: BlobErrorName, sentence: string) {
		super(`ESSM_E_${code}: ${sentence}`);
		this.code = code;
	}
}
