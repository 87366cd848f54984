// Writes a model into its partition through the ROM loader: for devices whose firmware is missing, broken or incompatible. The
// store's own rules (src/store), run on a copy of the slots in memory, decide slot and sequence number; so the firmware
// accepts the model at its next start.

import { readContainer } from "../../src/blob/container";
import { crc32 } from "../../src/bytes/crc32";
import { Reference } from "../../src/reference/reference";
import { type Flash, Slot, slotImage } from "../../src/store/slot";
import { ModelStore, StoreError } from "../../src/store/store";
import { type BlobModel, readWhole } from "../evaluation/model-file";
import { UserError } from "../terminal/errors";
import { type ChipOptions, type EspChip, withChip } from "./esptool";
import {
	findSlots,
	type Partition,
	parsePartitionTable,
	SECTOR,
	SLOT_NAMES,
	TABLE_LENGTH,
	TABLE_OFFSET,
} from "./partitions";

export interface FlashModelOptions extends ChipOptions {
	model: BlobModel;
	/** 0 or 1; default: the one that is not running. */
	slot?: number;
	/** Receives bytes of the slot written so far, and in total. */
	onProgress?: (done: number, total: number) => void;
}

export interface FlashedModel {
	/** The chip's name, or the firmware's target. */
	target: string;
	slot: (typeof SLOT_NAMES)[number];
	sequence: number;
	/** Whether the model was already running from the slot, so that nothing was written. */
	already: boolean;
}

/** Writes a model into one slot and starts the firmware. @throws UserError; nothing outside that slot is ever written */
export async function flashModel(options: FlashModelOptions): Promise<FlashedModel> {
	const { model, slot, onStep, onProgress } = options;
	proveGolden(model);
	return withChip(options, async (chip) => {
		onStep?.(`${chip.name} with ${chip.flashBytes / 1048576} MB of flash: reading partition table and slots`);
		const table = parsePartitionTable(await chip.read(TABLE_OFFSET, TABLE_LENGTH), chip.flashBytes);
		const partitions = findSlots(table);
		const plan = planUpdate(
			[await copySlot(chip, partitions[0]), await copySlot(chip, partitions[1])],
			model,
			slot,
		);
		const name = SLOT_NAMES[plan.slot]!;
		if (!plan.already) {
			onStep?.(`writing ${name}`);
			await writeSlot(chip, partitions[plan.slot]!, model.bytes, plan.sequence, onProgress);
		}
		await chip.reset();
		return { target: chip.name, slot: name, sequence: plan.sequence, already: plan.already };
	});
}

/** The firmware self-tests a model before it wins; without firmware, the reference runs the self-test. */
function proveGolden({ network }: BlobModel): void {
	const reference = new Reference(network);
	const wrong = network.golden.some(({ samples, outputs }) => {
		reference.reset();
		reference.write(samples);
		return !reference.outputs().every((output, k) => output === outputs[k]);
	});
	if (wrong || network.golden.length === 0)
		throw new UserError(
			`The model ${wrong ? "fails its golden vectors" : "has no golden vectors for a self-test"}; quantize it again.`,
		);
}

/** What the store would do with the model. Changes only the copies. */
function planUpdate(
	slots: readonly [MemoryFlash, MemoryFlash],
	{ bytes }: BlobModel,
	slot: number | undefined,
): { slot: number; sequence: number; already: boolean } {
	const store = new ModelStore({ slots, admit: readWhole });
	const { identity } = readContainer(bytes);
	const running = store.active();
	if (running?.onTrial) store.confirm(running); // on the copy: no firmware has tried it, so the older one gives way
	try {
		const begun = store.begin(bytes.length, crc32(bytes), identity, slot);
		const already = begun.slot === running?.slot;
		if (!already) store.write(begun.offset, bytes, begun.offset); // with the first bytes it gets a sequence number
		const sequence = already ? running.sequence : new Slot(slots[begun.slot]!).loadRecord()!.sequence;
		return { slot: begun.slot, sequence, already };
	} catch (error) {
		if (error instanceof StoreError) throw new UserError(`The model can't be written: ${error.message}.`);
		throw error;
	}
}

/**
 * Writes a slot so that power may fail between any two steps: without the first sector the slot holds no model, and that
 * sector is written last. One gap remains that the firmware's own way does not have: a ROM loader cannot write without
 * erasing, so a header can't be cleared before it is erased, and an erase interrupted by a power loss could leave a header
 * that has lost only its "rolled back" flag.
 */
async function writeSlot(
	chip: EspChip,
	{ offset }: Partition,
	blob: Uint8Array,
	sequence: number,
	onProgress?: (done: number, total: number) => void,
): Promise<void> {
	const { identity } = readContainer(blob);
	const image = slotImage(blob, identity, sequence, SECTOR);
	await chip.erase(offset, SECTOR);
	await chip.write(offset + SECTOR, image.subarray(SECTOR), (part) =>
		onProgress?.(Math.round(part * blob.length), image.length),
	);
	await chip.write(offset, image.subarray(0, SECTOR));
	onProgress?.(image.length, image.length);
}

/** A slot's header, and its blob if there is one. */
async function copySlot(chip: EspChip, { offset, length }: Partition): Promise<MemoryFlash> {
	const copy = new MemoryFlash(length);
	copy.bytes.set(await chip.read(offset, SECTOR));
	const header = new Slot(copy).header();
	if (header) copy.bytes.set(await chip.read(offset + SECTOR, header.length), SECTOR);
	return copy;
}

class MemoryFlash implements Flash {
	readonly blockSize = SECTOR;
	readonly byteLength: number;
	readonly bytes: Uint8Array;

	constructor(byteLength: number) {
		this.byteLength = byteLength;
		this.bytes = new Uint8Array(byteLength).fill(0xff);
	}

	erase(sector: number): void {
		this.bytes.fill(0xff, sector * SECTOR, (sector + 1) * SECTOR);
	}

	read(offset: number, byteLength: number): ArrayBuffer {
		return this.bytes.slice(offset, offset + byteLength).buffer as ArrayBuffer;
	}

	write(offset: number, byteLength: number, buffer: ArrayBuffer): void {
		this.bytes.set(new Uint8Array(buffer, 0, byteLength), offset);
	}

	map(): ArrayBuffer {
		return this.bytes.buffer as ArrayBuffer;
	}
}
