// Models and firmware through the ROM loader, against an emulated one: what is written, what is never touched, what is
// refused, and what a cut cable leaves behind.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getStubJsonByChipName } from "esptool-js/lib/stubFlasher.js";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { flashFirmware, readFirmware, writeWebManifest } from "../../host-tools/flashing/firmware";
import { flashModel } from "../../host-tools/flashing/rom-loader";
import { UserError } from "../../host-tools/terminal/errors";
import { readContainer } from "../../src/blob/container";
import { readBlob } from "../../src/blob/read";
import { Flag, slotImage } from "../../src/store/slot";
import { ModelStore, type StoredModel } from "../../src/store/store";
import { ESP32, ESP32C3, ESP32C6, ESP32H2, ESP32S3 } from "../support/rom-loader/chips";
import { Emulator, type EmulatorOptions } from "../support/rom-loader/emulator";
import { MemoryPort } from "../support/rom-loader/memory-port";
import { modelOf } from "../support/rom-loader/models";
import { NorChip, SECTOR } from "../support/rom-loader/nor";
import { imageBytes, ROWS, tableBytes } from "../support/rom-loader/tables";
import { virtualTime } from "../support/rom-loader/virtual-time";
import { NorFlash, Power } from "../support/store-flash";

virtualTime(() =>
	Promise.all([ESP32, ESP32C3, ESP32S3, ESP32C6].map(({ name }) => getStubJsonByChipName(name))),
);

const SLOTS = [0x3e0000, 0x3f0000] as const;
const SLOT_LENGTH = 0x10000;
const path = "/dev/test";
const READ_FLASH = 0xd2;
const first = modelOf(1);
const second = modelOf(2);
const third = modelOf(3);
/** Of more than one sector. */
const large = modelOf(4, "right", "x".repeat(5000));

/** A chip with the firmware's partition table, and with other bytes in all of its flash but the slots. */
function board(options: Partial<EmulatorOptions> = {}) {
	const flash = options.flash ?? new NorChip();
	for (let i = 0; i < SLOTS[0]; i++) flash.bytes[i] = (i * 31) >> 3;
	flash.bytes.set(tableBytes(), 0x8000);
	const chip = new Emulator({ chip: ESP32C3, ...options, flash });
	return { chip, flash, port: new MemoryPort(chip) };
}

/** Puts a model into a slot as an earlier update would have. */
function store(flash: NorChip, slot: number, blob: Uint8Array, sequence: number): void {
	flash.bytes.set(slotImage(blob, readContainer(blob).identity, sequence, SECTOR), SLOTS[slot]);
}

/** The model that the firmware's own store runs from this flash. */
function boot(flash: NorChip): StoredModel | undefined {
	const [a, b] = SLOTS.map((offset) => {
		const slot = new NorFlash(new Power(), SLOT_LENGTH, SECTOR);
		slot.bytes.set(flash.bytes.subarray(offset, offset + SLOT_LENGTH));
		return slot;
	});
	return new ModelStore({ slots: [a!, b!], admit: readBlob }).active();
}

const touchedOutside = (flash: NorChip, from: number, to: number) =>
	flash.touched.filter(({ offset, length }) => offset < from || offset + length > to);

describe.each([ESP32, ESP32C3, ESP32S3, ESP32C6])("$name", (model) => {
	test("a model goes to the slot that does not run, and nothing else is touched", async () => {
		const { chip, flash, port } = board({ chip: model });
		store(flash, 0, first.bytes, 7);
		const before = flash.bytes.slice();
		const log = vi.spyOn(console, "log");

		const result = await flashModel({ port, path, model: second });

		expect(result).toEqual({ target: model.name, slot: "model_b", sequence: 8, already: false });
		expect(touchedOutside(flash, SLOTS[1], SLOTS[1] + SLOT_LENGTH)).toEqual([]);
		expect(Buffer.compare(flash.bytes.subarray(0, SLOTS[1]), before.subarray(0, SLOTS[1]))).toBe(0);
		// the old heading goes first, the new one comes last
		expect(flash.touched[0]).toEqual({ what: "erase", offset: SLOTS[1], length: SECTOR });
		expect(flash.touched.at(-1)).toEqual({ what: "write", offset: SLOTS[1], length: SECTOR });
		const running = boot(flash)!;
		expect(running).toMatchObject({ slot: 1, sequence: 8 });
		expect(Buffer.compare(running.blob, second.bytes)).toBe(0);
		// out of the loader, into the firmware, with both lines let go, and nothing printed
		await chip.entered("firmware");
		expect(port.lines).toEqual({ dtr: false, rts: false });
		expect(port.readable).toBeNull();
		expect(log).not.toHaveBeenCalled();
		log.mockRestore();
	});
});

test.concurrent("a blank device gets its first model into model_a; the next ones alternate", async () => {
	const { flash, port } = board();
	const flashed: [string, number][] = [];
	for (const model of [first, second, third]) {
		const { slot, sequence } = await flashModel({ port, path, model });
		flashed.push([slot, sequence]);
		expect(Buffer.compare(boot(flash)!.blob, model.bytes)).toBe(0);
	}
	expect(flashed).toEqual([
		["model_a", 1],
		["model_b", 2],
		["model_a", 3],
	]);
});

test.concurrent("a model that runs already is not written again", async () => {
	const { flash, port, chip } = board();
	store(flash, 1, first.bytes, 4);
	expect(await flashModel({ port, path, model: first })).toMatchObject({
		slot: "model_b",
		sequence: 4,
		already: true,
	});
	expect(flash.touched).toEqual([]);
	await chip.entered("firmware");
});

test.concurrent("rejected, rolled back and damaged models do not count as running", async () => {
	const { flash, port } = board();
	store(flash, 0, first.bytes, 5);
	store(flash, 1, second.bytes, 6);
	flash.bytes.fill(0, SLOTS[1] + Flag.ROLLED_BACK, SLOTS[1] + Flag.ROLLED_BACK + 4);
	expect(await flashModel({ port, path, model: third })).toMatchObject({ slot: "model_b", sequence: 7 });
	// now the newest blob rots: its header stands, but the other one runs
	flash.bytes[SLOTS[1] + SECTOR + 200]! ^= 4;
	expect(boot(flash)).toMatchObject({ slot: 0, sequence: 5 });
	expect(await flashModel({ port, path, model: second })).toMatchObject({ slot: "model_b", sequence: 8 });
});

test.concurrent("the slot may be chosen, but not the running one", async () => {
	const { flash, port } = board();
	expect(await flashModel({ port, path, model: first, slot: 1 })).toMatchObject({ slot: "model_b" });
	const touched = flash.touched.length;
	await expect(flashModel({ port, path, model: second, slot: 1 })).rejects.toThrow(
		/slot model_b holds the running model; load into the other one/,
	);
	expect(flash.touched.length).toBe(touched);
});

describe.concurrent("refused before anything is written", () => {
	const cases: [string, Partial<EmulatorOptions>, (flash: NorChip) => void, RegExp][] = [
		[
			"a chip that firmware is not built for",
			{ chip: ESP32H2 },
			() => {},
			/is an ESP32-H2; edge-ssm runs on ESP32,/,
		],
		[
			"secure download mode",
			{ security: { flags: 4, flashCryptCount: 0 } },
			() => {},
			/secure download mode/,
		],
		["encrypted flash", { security: { flags: 0, flashCryptCount: 1 } }, () => {}, /is encrypted/],
		["a flash of unknown size", { capacityCode: 0xff }, () => {}, /does not report its size/],
		[
			"a flash smaller than its table",
			{ capacityCode: 21 },
			() => {},
			/"factory" ends at 0x310000, the flash at 0x200000/,
		],
		[
			"no partition table",
			{},
			(flash) => flash.bytes.fill(0xff, 0x8000, 0x9000),
			/is missing; flash the firmware/,
		],
		["a damaged table", {}, (flash) => (flash.bytes[0x8004]! ^= 1), /does not match its MD5/],
		[
			"a table without slots",
			{},
			(flash) => flash.bytes.set(tableBytes(ROWS.slice(0, 4)), 0x8000),
			/has 0 partitions "model_b" \(it has nvs, phy_init, factory, model_a\)/,
		],
		[
			"a slot too small for the model",
			{},
			(flash) =>
				flash.bytes.set(
					tableBytes(ROWS.map((row) => (row.type && row.subtype === 6 ? { ...row, length: 0x2000 } : row))),
					0x8000,
				),
			/slot model_a holds models of 1 to 4096 bytes/,
		],
	];
	test.each(cases)("%s", async (_, options, change, message) => {
		const { flash, port } = board(options);
		change(flash);
		await expect(flashModel({ port, path, model: large })).rejects.toThrow(message);
		expect(flash.touched).toEqual([]);
		expect(port.readable).toBeNull();
	});

	test("encrypted flash of an ESP32, by its efuse", async () => {
		const registers = { ...ESP32.registers, 1073061888: 1 << 20 };
		const { flash, port } = board({ chip: { ...ESP32, registers } });
		await expect(flashModel({ port, path, model: first })).rejects.toThrow(/is encrypted/);
		expect(flash.touched).toEqual([]);
	});

	test.each(["wrong", "none"] as const)("a model whose golden vectors are %s", async (golden) => {
		const { flash, port, chip } = board();
		await expect(flashModel({ port, path, model: modelOf(1, golden) })).rejects.toThrow(/golden vectors/);
		expect(flash.touched).toEqual([]);
		expect(chip.commands).toEqual([]);
	});
});

test.concurrent("a cell that does not take its bit is found by MD5, and the old model still runs", async () => {
	const { flash, port } = board({ wornAt: SLOTS[1] + SECTOR + 100 });
	store(flash, 0, first.bytes, 1);
	await expect(flashModel({ port, path, model: second })).rejects.toThrow(
		/0x3f1000 could not be written: MD5/,
	);
	expect(boot(flash)).toMatchObject({ slot: 0, sequence: 1 });
});

test.concurrent("a bit lost while the slots are read is found by MD5, and nothing is written", async () => {
	const { flash, port } = board({ garbledAt: SLOTS[0] + 8 }); // the sequence number
	store(flash, 0, first.bytes, 1);
	await expect(flashModel({ port, path, model: second })).rejects.toThrow(
		/0x3e0000 could not be read: .* MD5/,
	);
	expect(flash.touched).toEqual([]);
});

test.concurrent("a cable pulled anywhere ends in one sentence, and what ran before runs", async () => {
	const whole = board();
	store(whole.flash, 0, first.bytes, 1);
	store(whole.flash, 1, third.bytes, 2); // rolled back
	whole.flash.bytes.fill(0, SLOTS[1] + Flag.ROLLED_BACK, SLOTS[1] + Flag.ROLLED_BACK + 4);
	const image = whole.flash.bytes.slice();
	let total = 0;
	whole.port.onWrite = (sent) => (total = sent);
	await flashModel({ port: whole.port, path, model: second });

	// the stub's upload is most of the bytes: cut there a few times, and behind it often
	const cuts = [40, 2000, ...Array.from({ length: 12 }, (_, i) => total - 1 - i * 320)];
	const outcomes = await Promise.all(
		cuts.map(async (cut) => {
			const flash = new NorChip();
			flash.bytes.set(image);
			const port = new MemoryPort(new Emulator({ chip: ESP32C3, flash }));
			port.onWrite = (sent) => {
				if (sent > cut) port.vanish();
			};
			const work = flashModel({ port, path, model: second });
			await expect(work, `cut at ${cut}`).rejects.toThrow(
				new UserError(
					`The port ${path} vanished in the middle of the work; slots that were not being written are untouched. Plug the device in and repeat the command.`,
				),
			);
			const { slot, blob } = boot(flash)!;
			expect(Buffer.compare(blob, slot === 0 ? first.bytes : second.bytes)).toBe(0);
			return slot === 0 ? "old" : "new";
		}),
	);
	expect(new Set(outcomes)).toEqual(new Set(["old", "new"]));
});

describe("firmware images", () => {
	function folder(chipId: number, { app = 50_000, rows = ROWS } = {}): string {
		const dir = mkdtempSync(join(tmpdir(), "edge-ssm-firmware-"));
		onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
		writeFileSync(join(dir, "bootloader.bin"), imageBytes(21_001, chipId, 5));
		writeFileSync(join(dir, "partition-table.bin"), tableBytes(rows));
		writeFileSync(join(dir, "xs_esp32.bin"), imageBytes(app, chipId, 9));
		return dir;
	}

	test.each([
		{ model: ESP32, chipId: 0, bootloader: 0x1000 },
		{ model: ESP32C3, chipId: 5, bootloader: 0 },
		{ model: ESP32S3, chipId: 9, bootloader: 0 },
		{ model: ESP32C6, chipId: 13, bootloader: 0 },
	])(
		"$model.name: bootloader, table and application at their offsets",
		async ({ model, chipId, bootloader }) => {
			const dir = folder(chipId);
			const flash = new NorChip();
			const chip = new Emulator({ chip: model, flash });
			store(flash, 0, first.bytes, 3);
			await flashFirmware({ port: new MemoryPort(chip), path, firmware: readFirmware(dir) });
			for (const [file, offset] of [
				["bootloader.bin", bootloader],
				["partition-table.bin", 0x8000],
				["xs_esp32.bin", 0x10000],
			] as const) {
				const bytes = readFileSync(join(dir, file));
				expect(Buffer.compare(flash.bytes.subarray(offset, offset + bytes.length), bytes), file).toBe(0);
			}
			expect(boot(flash)).toMatchObject({ slot: 0, sequence: 3 });
			await chip.entered("firmware");
		},
	);

	test("ESP Web Tools' manifest names the same files and offsets", () => {
		const dir = folder(0);
		const manifest = JSON.parse(readFileSync(writeWebManifest(dir, readFirmware(dir)), "utf8"));
		expect(manifest).toMatchObject({
			name: "edge-ssm",
			builds: [
				{
					chipFamily: "ESP32",
					parts: [
						{ path: "bootloader.bin", offset: 4096 },
						{ path: "partition-table.bin", offset: 32768 },
						{ path: "xs_esp32.bin", offset: 65536 },
					],
				},
			],
		});
	});

	test.each([
		["another chip", 9, {}, /is for the ESP32-S3, but the chip on \/dev\/test is an ESP32-C3/],
		["an application too large for its partition", 5, { app: 0x300004 }, /does not fit its partition/],
		["a table without slots", 5, { rows: ROWS.slice(0, 3) }, /0 partitions "model_a"/],
	] as const)("%s is refused before anything is written", async (_, chipId, options, message) => {
		const flash = new NorChip();
		const port = new MemoryPort(new Emulator({ chip: ESP32C3, flash }));
		const firmware = readFirmware(folder(chipId, options));
		await expect(flashFirmware({ port, path, firmware })).rejects.toThrow(message);
		expect(flash.touched).toEqual([]);
	});

	test("folders without whole images are refused", () => {
		const dir = folder(5);
		writeFileSync(join(dir, "xs_esp32.bin"), imageBytes(1000, 0));
		expect(() => readFirmware(dir)).toThrow(
			/bootloader.bin is for the ESP32-C3 and xs_esp32.bin for the ESP32;/,
		);
		writeFileSync(join(dir, "xs_esp32.bin"), "hello");
		expect(() => readFirmware(dir)).toThrow(/xs_esp32.bin is not an image of/);
		rmSync(join(dir, "xs_esp32.bin"));
		expect(() => readFirmware(dir)).toThrow(/There is no xs_esp32.bin/);
	});
});

describe("a link that does not hold", () => {
	const stuck =
		/^Flash at 0x3e1000 could not be written: the chip takes no more bytes\. Repeat the command, with a lower --baud/;

	test("a chip that takes no more bytes ends the command with one sentence, and the port is free again", async () => {
		const { flash, port } = board();
		const steps: string[] = [];
		port.onWrite = () => {
			port.deaf = flash.touched.length > 0;
		};
		const started = Date.now();
		await expect(
			flashModel({ port, path, model: first, onStep: (text) => steps.push(text) }),
		).rejects.toThrow(stuck);
		expect(steps).toEqual([`connecting to the ROM loader on ${path}`, expect.any(String), "writing model_a"]);
		expect(Date.now() - started).toBeGreaterThan(10_000); // esptool's limit, by the virtual clock
		expect(Date.now() - started).toBeLessThan(15_000);
		expect(port.readable).toBeNull();
	});

	test("a chip that takes no byte at all", async () => {
		const { port, chip } = board();
		port.deaf = true;
		await expect(flashModel({ port, path, model: first })).rejects.toThrow(/^No chip answers on \/dev\/test/);
		expect(chip.commands).toEqual([]);
		expect(port.readable).toBeNull();
	});

	test("a chip that goes on without end is left", async () => {
		const { flash, port, chip } = board();
		const { send } = chip;
		const nothing = Uint8Array.of(0xc0, 0xc0);
		const reads = () => chip.commands.includes(READ_FLASH);
		chip.send = (bytes) => send(reads() && bytes.length > 1000 ? nothing : bytes);
		const babble = () => {
			if (reads()) send(nothing);
			if (!reads() || port.readable) setTimeout(babble, 100);
		};
		babble();
		await expect(flashModel({ port, path, model: first })).rejects.toThrow(
			/^Flash at 0x8000 could not be read: the chip does not finish\. Repeat/,
		);
		expect(flash.touched).toEqual([]);
	});

	test.each([
		["nothing arrives at the higher speed", () => undefined, /ESP32-C3 does not answer at 460800 .* 115200$/],
		[
			"long packets are damaged at the higher speed",
			(bytes: Uint8Array) =>
				bytes.length < 100 ? bytes : bytes.map((byte, i) => (i === 50 ? byte ^ 1 : byte)),
			/^Flash at 0x3e1000 could not be written: .*[^.]; retrying at 115200 bits per second$/,
		],
	])("%s: falls back to the ROM loader's own", async (_, damage, said) => {
		const { flash, port } = board();
		const steps: string[] = [];
		port.wire = (bytes, baudRate) => (baudRate > 115_200 ? damage(bytes) : bytes);
		expect(await flashModel({ port, path, model: large, onStep: (text) => steps.push(text) })).toMatchObject({
			slot: "model_a",
			sequence: 1,
		});
		expect(steps.filter((step) => said.test(step))).toHaveLength(1);
		expect(Buffer.compare(boot(flash)!.blob, large.bytes)).toBe(0);
	});

	test("a link that damages at any speed ends with one sentence, without a full stop in it", async () => {
		const { port } = board();
		port.wire = (bytes) => (port.lines.dtr || bytes.length < 3000 ? bytes : undefined);
		await expect(flashModel({ port, path, model: large })).rejects.toThrow(
			/^(?:The ESP32-C3 on \/dev\/test stopped answering|Flash at 0x\S+ could not be written): [^.]*\. Repeat the command; if it fails again, try another cable or port\.$/,
		);
	});
});
