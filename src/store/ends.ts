// The ends of a blob, which come before a slot is emptied for it: its first 64 bytes and, where signatures count, its last 72,
// the section of the signature with its heading.

const HEAD = 64;
const TAIL = 72;

export class Ends {
	/** The first bytes, then the last ones. */
	readonly bytes: Uint8Array;
	/** How many are the first ones. */
	readonly head: number;
	readonly #length: number;
	#taken = 0;

	/** @param length bytes of the blob @param both else the first bytes alone */
	constructor(length: number, both: boolean) {
		this.#length = length;
		this.head = Math.min(HEAD, length);
		this.bytes = new Uint8Array(this.head + (both ? TAIL : 0));
	}

	get complete(): boolean {
		return this.#taken === this.bytes.length;
	}

	/** Offset in the blob of the byte that is wanted next. */
	get wanted(): number {
		const { length } = this.bytes;
		return this.#taken < this.head ? this.#taken : this.#length - length + this.#taken;
	}

	/** Takes bytes[start..end) of the blob from `wanted` on. @returns the end of what it took: less where the first ones end */
	take(bytes: Uint8Array, start: number, end: number): number {
		const until = this.#taken < this.head ? this.head : this.bytes.length;
		const taken = Math.min(end - start, until - this.#taken);
		this.bytes.set(bytes.subarray(start, start + taken), this.#taken);
		this.#taken += taken;
		return start + taken;
	}

	/** Bytes of the shortest blob that has both ends. */
	static readonly LEAST = HEAD + TAIL;
}
