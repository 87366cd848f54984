// What the store refuses, and why.

export type StoreErrorKind = "refused" | "offset" | "damaged" | "self-test" | "given-up";

/** A refusal by the store, in a sentence; `expected` is the offset to continue from when kind is "offset". */
export class StoreError extends Error {
	readonly kind: StoreErrorKind;
	readonly expected: number;

	constructor(kind: StoreErrorKind, message: string, expected = 0) {
		super(message);
		this.kind = kind;
		this.expected = expected;
	}
}

/** Why a check refuses; undefined when it does not. */
export function refusalOf(check: () => void): string | undefined {
	try {
		check();
		return undefined;
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}
