// edge-ssm/store: two model slots in flash that survive a power cut at any byte (docs/LINK.md, "Slots").

declare module "edge-ssm/store" {
	/** A partition, as `new Flash(name)` of the SDK gives it. */
	interface Flash {
		readonly byteLength: number;
		readonly blockSize: number;
		erase(sector: number): void;
		read(offset: number, byteLength: number): ArrayBuffer;
		write(offset: number, byteLength: number, buffer: ArrayBuffer): void;
		map(): ArrayBuffer;
	}

	interface StoredModel {
		slot: number;
		sequence: number;
		length: number;
		crc: number;
		identity: Uint8Array;
		/** In place in flash. */
		blob: Uint8Array;
	}

	export class StoreError extends Error {
		readonly kind: "refused" | "offset" | "damaged" | "self-test";
		readonly expected: number;
	}

	export class ModelStore {
		/** @param options.opens whether a blob can be opened; may throw the reason for a no */
		constructor(options: { slots: readonly [Flash, Flash]; opens(blob: Uint8Array): boolean });
		/** The model to run. */
		active(): StoredModel | undefined;
		begin(
			length: number,
			crc: number,
			identity: Uint8Array,
			slot?: number,
		): { slot: number; sequence: number; offset: number };
		write(offset: number, bytes: Uint8Array, start: number, end: number): number;
		commit(identity: Uint8Array, proves: (blob: Uint8Array) => boolean): { slot: number; sequence: number };
		abort(identity: Uint8Array): void;
		rollback(sequence: number): { slot: number; sequence: number };
	}
}
