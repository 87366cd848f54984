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
		/** Not confirmed yet: its starts are counted. */
		onTrial: boolean;
	}

	/** How an attempt to start a model failed. */
	type Ending = "crash" | "watchdog reset" | "refusal";

	export class StoreError extends Error {
		readonly kind: "refused" | "offset" | "damaged" | "self-test" | "given-up";
		readonly expected: number;
	}

	export class ModelStore {
		/**
		 * @param options.admit checks a blob in place and that it has this identity; throws the reason for a refusal
		 * @param options.versionOf the version that a model states in its first 64 bytes, where none below the highest confirmed one
		 * is taken; it gets a blob, or those bytes alone
		 */
		constructor(options: {
			slots: readonly [Flash, Flash];
			admit(blob: Uint8Array, identity: Uint8Array): void;
			versionOf?(blob: Uint8Array): number;
		});
		/** The model to run; on trial until `confirm`. */
		active(): StoredModel | undefined;
		/** Why a slot's proven model does not run. */
		refusal(slot: number): string | undefined;
		/** To be called before each start of a model on trial. */
		beginAttempt(model: StoredModel): void;
		/** A start of a model on trial failed; after the third it is given up. */
		endAttempt(model: StoredModel, ending: Ending, reason?: string): void;
		/** The run before this one ended so. */
		crashed(ending: Ending): void;
		/** The model runs. */
		confirm(model: StoredModel): void;
		/** The lowest model version that a load may have; 0: any. */
		minimumVersion(): number;
		begin(length: number, crc: number, identity: Uint8Array, slot?: number): { slot: number; offset: number };
		write(offset: number, bytes: Uint8Array, start?: number, end?: number): number;
		commit(identity: Uint8Array, selfTest: (blob: Uint8Array) => boolean): StoredModel;
		abort(identity: Uint8Array): void;
		rollback(sequence: number): StoredModel;
	}
}
