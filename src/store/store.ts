// The model store: two slots; the valid one with the highest sequence number holds the running model. A new model goes to the
// other slot, proves itself, and only then wins: power may fail at any byte and an old model still runs. What it proves is its
// arithmetic; that it runs is seen on trial: until it is confirmed, three attempts to start that fail end in the other slot's
// model. The caller says whether a blob opens, passes its self-test and runs; the store sees only bytes.
import { Ends } from "./ends";
import { type Ending, Flag, type Flash, IDENTITY_LENGTH, Slot, type SlotHeader, sameModel } from "./slot";
import { refusalOf, StoreError } from "./store-error";

export { StoreError } from "./store-error";

/** A model in a slot. */
export interface StoredModel extends SlotHeader {
	/** 0 for model_a, 1 for model_b. */
	slot: number;
	/** The blob, in place in mapped flash. */
	blob: Uint8Array;
	/** Not confirmed yet: its starts are counted. */
	onTrial: boolean;
}

export interface StoreOptions {
	/** The partitions model_a and model_b. */
	slots: readonly [Flash, Flash];
	/** Checks a blob in place and that it has this identity; throws the reason for a refusal. */
	admit(blob: Uint8Array, identity: Uint8Array): void;
	/**
	 * The version that a model states in its first 64 bytes, where none below the highest confirmed one is taken. It gets a blob, or
	 * those bytes alone.
	 */
	versionOf?: ((blob: Uint8Array) => number) | undefined;
	/**
	 * Where signatures count: checks the signature of a blob by its ends, the first 64 bytes and the last 72, before a slot is
	 * emptied for it; throws the reason for a refusal.
	 */
	vouch?: ((ends: Uint8Array) => void) | undefined;
}

interface Load {
	slot: number;
	header: SlotHeader;
	/** Offset in the blob of the byte that is wanted next. */
	offset: number;
	/** The blob's ends, until they are found acceptable: the slot is as it was. */
	ends?: Ends | undefined;
}

const NAMES = Object.freeze(["model_a", "model_b"] as const);

/** See the top of the file. Caches only the current load: every query reads the flash. */
export class ModelStore {
	readonly #slots: readonly [Slot, Slot];
	readonly #admit: StoreOptions["admit"];
	readonly #versionOf: StoreOptions["versionOf"];
	readonly #vouch: StoreOptions["vouch"];
	/** What `admit` said of each slot's model, by its sequence number: a check costs time, and the bytes stay as they are. */
	readonly #verdicts: { sequence: number; refusal: string | undefined }[] = [];
	/** Why attempts of a slot's model were refused, as far as it was in this run. */
	readonly #reasons: string[] = [];
	#load: Load | undefined;

	constructor({ slots, admit, versionOf, vouch }: StoreOptions) {
		this.#slots = [new Slot(slots[0]), new Slot(slots[1])];
		this.#admit = admit;
		this.#versionOf = versionOf;
		this.#vouch = vouch;
	}

	/** The model to run: proven, not rejected, not rolled back, admitted, with the highest sequence number. */
	active(): StoredModel | undefined {
		const first = this.#candidate(0);
		const second = this.#candidate(1);
		const order =
			first && second
				? first.sequence > second.sequence
					? [first, second]
					: [second, first]
				: [first ?? second];
		for (const model of order) if (model !== undefined && this.#opens(model)) return model;
		return undefined;
	}

	/** Why a slot's proven model does not run: an older format after a firmware update, or its trial. */
	refusal(slot: number): string | undefined {
		const place = this.#slots[slot]!;
		const model = this.#candidate(slot);
		let refusal = model && this.#refusal(model);
		if (place.header() !== undefined && place.givenUp())
			refusal = `given up, its starts ended in ${place.failures().join(", ")}${this.#reasons[slot] ?? ""}`;
		return refusal && `${NAMES[slot]}: ${refusal}`;
	}

	/** Marks that a model on trial is about to be started. */
	beginAttempt(model: StoredModel): void {
		this.#slots[model.slot]!.beginAttempt();
	}

	/**
	 * Counts an attempt to start a model on trial that failed; after the last one the model is given up.
	 * @param reason of a refusal, in a sentence
	 */
	endAttempt(model: StoredModel, ending: Ending, reason?: string): void {
		this.#reasons[model.slot] = reason ? ` (${reason})` : "";
		this.#slots[model.slot]!.endAttempt(ending);
	}

	/** Takes note that the run before this one ended in a crash: it counts when it was an attempt of a model on trial. */
	crashed(ending: Ending): void {
		const active = this.active();
		if (active?.onTrial && this.#slots[active.slot]!.attempting()) this.endAttempt(active, ending);
	}

	/**
	 * Ends a model's trial: it runs. To be called at each start of a confirmed model too: what a power cut kept from being
	 * written about its version is made up for.
	 */
	confirm(model: StoredModel): void {
		const place = this.#slots[model.slot]!;
		if (!place.flag(Flag.CONFIRMED)) place.setFlag(Flag.CONFIRMED);
		model.onTrial = false;
		if (this.#versionOf === undefined) return;
		const version = Math.max(this.minimumVersion(), this.#versionOf(model.blob));
		for (const slot of [model.slot, 1 - model.slot]) this.#keepVersion(slot, version);
	}

	/** The lowest model version that a load may have: the highest that was confirmed, in whichever slot; 0: any. */
	minimumVersion(): number {
		if (this.#versionOf === undefined) return 0;
		return Math.max(this.#slots[0].keptVersion(), this.#slots[1].keptVersion());
	}

	/** Both slots keep the minimum version, so that it survives the erasure of either. */
	#keepVersion(slot: number, version: number): void {
		const place = this.#slots[slot]!;
		if (version > place.keptVersion() && !place.keepVersion(version))
			throw new StoreError(
				"refused",
				`slot ${NAMES[slot]} has no place for another model version, so rollback protection would be lost; write the model through the ROM loader (\`edge-ssm flash --via rom\`)`,
			);
	}

	/** Whether the other slot holds a model that would run in place of this one. */
	hasOther(model: StoredModel): boolean {
		const other = this.#candidate(1 - model.slot);
		return other !== undefined && this.#opens(other);
	}

	/** Maximum bytes of a blob in slot `slot`. */
	capacity(slot: number): number {
		return this.#slots[slot]!.capacity;
	}

	/**
	 * Starts loading a blob, or resumes a load of the same one, also after a reset. The slot is emptied by `write`, once the blob's
	 * ends show that it may be taken.
	 * @param slot 0 or 1, or undefined for the slot that is not running
	 * @returns the slot, and the offset to continue from: `length` when only the commit is missing
	 */
	begin(length: number, crc: number, identity: Uint8Array, slot?: number): { slot: number; offset: number } {
		if (identity.length !== IDENTITY_LENGTH)
			throw new StoreError("refused", "a model's identity has 32 bytes");
		const wanted = { sequence: 0, length, crc: crc | 0, identity };
		const active = this.active();
		if (active !== undefined && sameModel(active, wanted) && (slot ?? active.slot) === active.slot)
			return { slot: active.slot, offset: length };
		const target = slot ?? this.#spare(active, wanted);
		if (target === active?.slot)
			throw new StoreError(
				"refused",
				`slot ${NAMES[target]} holds the running model; load into the other one`,
			);
		if (active?.onTrial && this.hasOther(active))
			throw new StoreError(
				"refused",
				`slot ${NAMES[active.slot]} holds a model on trial, and ${NAMES[target]} the one to go back to; try again when it has given a result, or roll back`,
			);
		const place = this.#slots[target]!;
		const least = this.#vouch ? Ends.LEAST : 1;
		if (length < least || length > place.capacity)
			throw new StoreError(
				"refused",
				`slot ${NAMES[target]} holds models of ${least} to ${place.capacity} bytes`,
			);

		if (this.#load?.slot === target && sameModel(this.#load.header, wanted))
			return { slot: target, offset: this.#load.offset };
		const earlier = this.#unfinished(target);
		if (earlier !== undefined && sameModel(earlier, wanted)) {
			this.#load = { slot: target, header: earlier, offset: place.progress(length) };
			this.#keepVersion(target, this.minimumVersion());
		} else
			this.#load = {
				...{ slot: target, header: wanted, offset: 0 },
				ends: new Ends(length, this.#vouch !== undefined),
			};
		return { slot: target, offset: this.#load.offset };
	}

	/**
	 * Takes bytes[start..end) of the blob at `offset`. Bytes already there are skipped; a gap is an error.
	 * @returns the next expected offset: after the first bytes of a blob whose signature counts that of its last ones, then back
	 */
	write(offset: number, bytes: Uint8Array, start = 0, end = bytes.length): number {
		const load = this.#load;
		if (load === undefined) throw new StoreError("refused", "no load has begun");
		const { length } = load.header;
		if (offset > load.offset) throw new StoreError("offset", "bytes are missing before these", load.offset);
		if (offset + (end - start) > length) throw new StoreError("refused", "more bytes than were announced");
		let from = start + (load.offset - offset);
		if (from < end && load.ends !== undefined) {
			from = load.ends.take(bytes, from, end);
			load.offset = load.ends.wanted;
			if (!load.ends.complete) return load.offset;
			this.#empty(load, load.ends);
		}
		if (from < end) {
			try {
				this.#slots[load.slot]!.writeBlob(load.offset, bytes, from, end, length);
			} catch (error) {
				// The sector's state is unknown: continue from its start, with an erase.
				load.offset -= load.offset % this.#slots[load.slot]!.flash.blockSize;
				throw error;
			}
			load.offset += end - from;
		}
		return load.offset;
	}

	/** Empties the slot for a blob with these ends, and writes the first one. @throws StoreError, before anything is erased */
	#empty(load: Load, ends: Ends): void {
		const { slot, header } = load;
		this.#load = undefined;
		const refusal = refusalOf(() => this.#vouch?.(ends.bytes)) ?? this.#tooOld(ends.bytes);
		if (refusal !== undefined) throw new StoreError("self-test", `the model does not open: ${refusal}`);
		const version = this.minimumVersion();
		this.#keepVersion(1 - slot, version); // before the other copy of it is erased
		header.sequence = this.#highestSequence() + 1;
		this.#slots[slot]!.begin(header);
		this.#load = load;
		load.ends = undefined;
		load.offset = 0;
		this.#keepVersion(slot, version);
		this.#slots[slot]!.writeBlob(0, ends.bytes, 0, ends.head, header.length);
		load.offset = ends.head;
	}

	/**
	 * Ends the load: checks the bytes in flash, writes the header, runs the self-test, and accepts the model.
	 * @param selfTest runs the golden vectors of a blob in place; false or an error rejects the model for good
	 * @returns the model that runs from now on
	 */
	commit(identity: Uint8Array, selfTest: (blob: Uint8Array) => boolean): StoredModel {
		const load = this.#load;
		if (load === undefined || !sameModel(load.header, { ...load.header, identity })) {
			const active = this.active();
			if (active !== undefined && sameModel(active, { ...active, identity })) return active;
			for (const slot of [0, 1]) {
				const given = this.#slots[slot]!.header();
				if (given !== undefined && sameModel(given, { ...given, identity })) this.needKept(slot);
			}
			throw new StoreError("refused", "no load of this model has begun");
		}
		const { slot, header } = load;
		const place = this.#slots[slot]!;
		if (load.offset < header.length) throw new StoreError("offset", "the load is not complete", load.offset);
		this.#load = undefined;
		if (place.blobCrc(header.length) !== header.crc) {
			place.begin(header);
			throw new StoreError(
				"damaged",
				"the bytes in flash are not those that were announced; load them again",
			);
		}
		place.seal(header);
		const blob = place.blob(header);
		const model = { ...header, slot, blob, onTrial: true };
		const refusal = this.#refusal(model);
		let passed = false;
		try {
			passed = refusal === undefined && selfTest(blob);
		} finally {
			if (!passed) place.setFlag(Flag.REJECTED);
		}
		if (refusal !== undefined) throw new StoreError("self-test", `the model does not open: ${refusal}`);
		if (!passed) throw new StoreError("self-test", "the model's golden vectors are missing or fail");
		place.setFlag(Flag.PROVEN);
		return model;
	}

	/** @throws StoreError when the slot's model was given up */
	needKept(slot: number): void {
		const refusal = this.refusal(slot);
		if (refusal !== undefined) throw new StoreError("given-up", refusal);
	}

	/** Drops the current load if it is of this model; what it wrote stays until the next load. */
	abort(identity: Uint8Array): void {
		const load = this.#load;
		if (load !== undefined && sameModel(load.header, { ...load.header, identity })) this.#load = undefined;
	}

	/**
	 * Rolls back to the model in the other slot. Idempotent for the same `sequence`.
	 * @param sequence sequence number of the model to roll back from
	 * @returns the model that runs from now on
	 */
	rollback(sequence: number): StoredModel {
		const active = this.active();
		if (active === undefined) throw new StoreError("refused", "no slot holds a model");
		const other = this.#candidate(1 - active.slot);
		if (active.sequence !== sequence) {
			const left = this.#slots[1 - active.slot]!;
			if (left.header()?.sequence === sequence && left.flag(Flag.ROLLED_BACK)) return active;
			throw new StoreError(
				"refused",
				`the running model has sequence number ${active.sequence}, not ${sequence}`,
			);
		}
		if (other === undefined || !this.#opens(other))
			throw new StoreError("refused", `slot ${NAMES[1 - active.slot]} holds no model to go back to`);
		this.#slots[active.slot]!.setFlag(Flag.ROLLED_BACK);
		this.#load = undefined; // it was to replace the model that runs now
		return other;
	}

	#candidate(slot: number): StoredModel | undefined {
		const place = this.#slots[slot]!;
		const header = place.header();
		if (header === undefined || !place.flag(Flag.PROVEN) || this.#judged(slot)) return undefined;
		return { ...header, slot, blob: place.blob(header), onTrial: !place.flag(Flag.CONFIRMED) };
	}

	#judged(slot: number): boolean {
		const place = this.#slots[slot]!;
		return place.flag(Flag.REJECTED) || place.flag(Flag.ROLLED_BACK) || place.givenUp();
	}

	/** Why a model may not run; undefined when it may. What was confirmed may run again, whatever its version. */
	#refusal(model: StoredModel): string | undefined {
		return this.#verdict(model) ?? (model.onTrial ? this.#tooOld(model.blob) : undefined);
	}

	/** Why a blob's version is not taken; undefined when it is. */
	#tooOld(blob: Uint8Array): string | undefined {
		if (this.#versionOf === undefined) return undefined;
		const version = this.#versionOf(blob);
		const minimum = this.minimumVersion();
		if (version >= minimum) return undefined;
		return `the model's version ${version} is below ${minimum}, the highest that was confirmed; \`edge-ssm sign --model-version\` states a higher one.`;
	}

	/** What `admit` says of a model. */
	#verdict({ slot, sequence, blob, identity }: StoredModel): string | undefined {
		const known = this.#verdicts[slot];
		if (known?.sequence === sequence) return known.refusal;
		const refusal = refusalOf(() => this.#admit(blob, identity));
		this.#verdicts[slot] = { sequence, refusal };
		return refusal;
	}

	#opens(model: StoredModel): boolean {
		return this.#refusal(model) === undefined;
	}

	/** The slot to write to: never the running one; else where this load started; else the older one, to spread wear. */
	#spare(active: StoredModel | undefined, wanted: SlotHeader): number {
		if (active !== undefined) return 1 - active.slot;
		for (const slot of [0, 1]) {
			const earlier = this.#unfinished(slot);
			if (earlier !== undefined && sameModel(earlier, wanted)) return slot;
		}
		return this.#sequence(0) <= this.#sequence(1) ? 0 : 1;
	}

	/** The load record of a slot whose load can resume: not judged yet, and newer than what the other slot holds. */
	#unfinished(slot: number): SlotHeader | undefined {
		const record = this.#slots[slot]!.loadRecord();
		if (record === undefined || this.#judged(slot) || this.#slots[slot]!.flag(Flag.PROVEN)) return undefined;
		return record.sequence > this.#sequence(1 - slot) ? record : undefined;
	}

	#highestSequence(): number {
		return Math.max(this.#sequence(0), this.#sequence(1));
	}

	#sequence(slot: number): number {
		const place = this.#slots[slot]!;
		return Math.max(place.header()?.sequence ?? 0, place.loadRecord()?.sequence ?? 0);
	}
}
