// Duration of a model update over a serial line of 115,200 baud: an 8 KB blob, loaded by the host's client into the firmware
// on XS in place of a running model, with every byte delayed until such a line would have carried it. Counts the bytes on
// the line and, on rv32, the device's own work as its instructions: the emulator's speed means nothing. Prints a table;
// docs/PERFORMANCE.md keeps it. Excludes the write time of a chip's flash.
//
//     npm run bench -- link
import { createHash } from "node:crypto";
import { Duplex } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { DeviceClient } from "../host-tools/device/client";
import { buildFirmware, SIMULATED, type SimulatedFirmware, withFlash } from "../host-tools/evaluation/device";
import { readBlobFile } from "../host-tools/evaluation/model-file";
import { projectPath } from "../host-tools/files/project";
import { missingRv32Tools } from "../host-tools/simulator/rv32-qemu";
import { Simulator } from "../host-tools/simulator/simulator";
import { print, table } from "../host-tools/terminal/output";
import { readContainer } from "../src/blob/container";
import { writeBlob } from "../src/blob/write";
import { crc32 } from "../src/bytes/crc32";

const BAUD = 115_200;
const BITS_PER_BYTE = 10; // 8N1
const BLOB_BYTES = 8192;
/** Milliseconds a USB bridge delays bytes each way: none, and the most common default. */
const LATENCIES = [0, 16];

interface Crossing {
	toDevice: number;
	fromDevice: number;
	requests: number;
	/** From the first request to the last reply. */
	seconds: number;
	/** The device's clock over the same time; on rv32 it stops while the device waits. */
	deviceSeconds: number;
}

/** One direction of the line: delivers bytes in order when their last bit would have arrived. */
function paced(send: (bytes: Buffer) => void, latency: number): (bytes: Buffer) => void {
	let free = 0;
	let arrived: Promise<void> = Promise.resolve();
	return (bytes) => {
		free = Math.max(performance.now(), free) + (1000 * BITS_PER_BYTE * bytes.length) / BAUD;
		const arrival = free + latency;
		arrived = arrived.then(async () => {
			await setTimeout(Math.max(0, Math.ceil(arrival - performance.now())));
			send(bytes);
		});
	};
}

/** Powers on a device and loads a blob over a paced line. */
async function load(
	firmware: SimulatedFirmware,
	flashFile: string,
	blob: Uint8Array,
	latency: number,
): Promise<Crossing> {
	const device = new Simulator(firmware.command(flashFile));
	const crossing: Crossing = { toDevice: 0, fromDevice: 0, requests: 0, seconds: 0, deviceSeconds: 0 };
	const there = paced((bytes) => void device.input.write(bytes), latency);
	const back = paced((bytes) => void stream.push(bytes), latency);
	const stream = new Duplex({
		read() {},
		write(request: Buffer, _encoding, done) {
			crossing.requests++;
			crossing.toDevice += request.length;
			there(request);
			done();
		},
	});
	device.output.on("data", (bytes: Buffer) => {
		crossing.fromDevice += bytes.length;
		back(bytes);
	});
	let hear = (_line: string) => {};
	/** Asks with MLPerf Tiny's command, bypassing the paced line. */
	const deviceClock = () =>
		new Promise<number>((resolve) => {
			hear = (line) => {
				const lap = /^m-lap-us-(\d+)$/.exec(line);
				if (lap) resolve(Number(lap[1]) / 1e6);
			};
			device.input.write("timestamp%\r\n");
		});
	try {
		const client = new DeviceClient({ stream, timeout: 5000, onLog: (line) => hear(line) });
		await client.info(); // the device has started
		const deviceStart = await deviceClock();
		Object.assign(crossing, { toDevice: 0, fromDevice: 0, requests: 0 });
		const start = performance.now();
		await client.load(blob, crc32(blob) >>> 0, readContainer(blob).identity);
		crossing.seconds = (performance.now() - start) / 1000;
		if (client.resent > 0) throw new Error(`${client.resent} requests were resent`);
		const counted = { ...crossing };
		return { ...counted, deviceSeconds: (await deviceClock()) - deviceStart };
	} finally {
		await device.kill();
	}
}

const { bytes: running, network } = readBlobFile(projectPath("models/motion.essm"));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const withNotes = (length: number) => writeBlob({ ...network, notes: "x".repeat(length) }, sha256);
const blob = withNotes(BLOB_BYTES - withNotes(4).length + 4); // without notes there is no notes section
if (blob.length !== BLOB_BYTES) throw new Error(`the blob has ${blob.length} bytes`);

const missing = await missingRv32Tools();
if (missing !== undefined) process.stderr.write(`rv32 is left out: ${missing} not installed\n`);
const rows: (string | number)[][] = [];
for (const target of SIMULATED) {
	if (target === "rv32" && missing !== undefined) continue;
	const firmware = await buildFirmware(target);
	for (const latency of LATENCIES)
		await withFlash(async (flashFile) => {
			await load(firmware, flashFile, running, 0);
			const loaded = await load(firmware, flashFile, blob, latency);
			const { toDevice, fromDevice, requests, seconds, deviceSeconds } = loaded;
			const [time, work] = [seconds, deviceSeconds].map((value) => `${value.toFixed(2)} s`) as [
				string,
				string,
			];
			rows.push([
				...[target, `${latency} ms`, toDevice, fromDevice, requests],
				...(target === "rv32" ? ["", work] : [time, ""]),
			]);
		});
}
print(`a blob of ${BLOB_BYTES} bytes in place of a running model, at ${BAUD} baud`);
print(
	table([
		["target", "latency each way", "bytes there", "back", "requests", "time", "work on the device"],
		...rows,
	]),
);
