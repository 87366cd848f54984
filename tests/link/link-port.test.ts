// The serial port between application and cable: a FIFO of 128 bytes each way, as in an ESP32.
import fc from "fast-check";
import { expect, test } from "vitest";
import { LinkPort, type SerialPort } from "../../firmware/app/port";

const FIFO = 128;

function makePort(queueLength: number) {
	let callbacks!: { onReadable: () => void; onWritable: (count: number) => void };
	const fifo: number[] = [];
	const sent: number[] = [];
	const input: number[] = [];
	class Serial implements SerialPort {
		constructor(options: typeof callbacks & { format: "buffer"; baud?: number }) {
			expect(options).toMatchObject({ format: "buffer", baud: 9600 });
			callbacks = options;
		}
		read(buffer: Uint8Array): number | undefined {
			const bytes = input.splice(0, buffer.length);
			buffer.set(bytes);
			return bytes.length || undefined;
		}
		write(buffer: Uint8Array): void {
			if (fifo.length + buffer.length > FIFO) throw new Error("output full");
			fifo.push(...buffer);
		}
		close(): void {}
	}
	const received: number[] = [];
	const port = new LinkPort(Serial, { baud: 9600 }, queueLength, (bytes, length) =>
		received.push(...bytes.subarray(0, length)),
	);
	return {
		port,
		sent,
		received,
		drain: () => {
			sent.push(...fifo.splice(0));
			callbacks.onWritable(FIFO);
		},
		arrive: (bytes: number[]) => {
			input.push(...bytes);
			callbacks.onReadable();
		},
	};
}

test("frames go out whole and in order, never more at once than the port takes", () => {
	const frame = fc.uint8Array({ minLength: 1, maxLength: 300 });
	fc.assert(
		fc.property(fc.array(fc.oneof(frame, fc.constant("drain" as const))), (events) => {
			const { port, sent, drain } = makePort(700);
			const expected: number[] = [];
			for (const event of events) {
				if (event === "drain") drain();
				else {
					const { dropped } = port;
					port.send(event, event.length);
					if (port.dropped === dropped) expected.push(...event);
				}
			}
			for (let i = 0; i < 8; i++) drain();
			expect(sent).toEqual(expected);
		}),
	);
});

test("a frame that finds no room is dropped whole; two of the longest fit", () => {
	const { port, sent, drain } = makePort(1088);
	const longest = Array.from({ length: 531 }, (_, i) => i & 255);
	for (let i = 0; i < 3; i++) port.send(Uint8Array.from([...longest, 9, 9]), longest.length);
	expect(port.dropped).toBe(1);
	for (let i = 0; i < 20; i++) drain();
	expect(sent).toEqual([...longest, ...longest]);
});

test("what arrives is handed on, however much at once", () => {
	const { received, arrive } = makePort(100);
	const bytes = Array.from({ length: 1000 }, (_, i) => (i * 7) & 255);
	arrive(bytes.slice(0, 3));
	arrive(bytes.slice(3));
	expect(received).toEqual(bytes);
});
