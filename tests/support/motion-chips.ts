// Motion sensors as their I2C registers, after the data sheets: what they measure is converted by the ranges that are set, clamped,
// in the chip's byte order. Nothing here is taken from drivers.

/** ECMA-419's SMBus, as far as drivers use it, and a clock. */
export interface Chip {
	readUint8(register: number): number;
	writeUint8(register: number, value: number): void;
	readBuffer(register: number, buffer: ArrayBuffer | ArrayBufferView): void;
	writeBuffer(register: number, buffer: ArrayBuffer): void;
	wait(milliseconds: number): void;
	close(): void;
	/** Levels of pins that were written. */
	readonly pins: Record<number, number>;
}

interface Description {
	/** Registers after power-on. */
	registers: Record<number, number>;
	/** Values of a register that reset the others. */
	reset?: [register: number, value: number];
	/** Values (x, y, z) at a register, of so many steps per unit. */
	data: [
		register: number,
		values: readonly number[],
		perUnit: (register: (at: number) => number) => number,
	][];
	littleEndian: (register: (at: number) => number) => boolean;
	/** Before a register is read. */
	before?: (registers: Uint8Array, milliseconds: number) => void;
	/** Bits of a register's number that are no address. */
	mask?: number;
}

function chip({ registers, reset, data, littleEndian, before, mask = 0xff }: Description): Chip {
	const bytes = new Uint8Array(256);
	const powerOn = () => {
		bytes.fill(0);
		for (const [at, value] of Object.entries(registers)) bytes[Number(at)] = value;
	};
	powerOn();
	let time = 0;
	const at = (register: number) => bytes[register]!;
	const measure = () => {
		before?.(bytes, time);
		const view = new DataView(bytes.buffer);
		for (const [register, values, perUnit] of data)
			values.forEach((value, i) => {
				const steps = Math.round(value * perUnit(at));
				view.setInt16(register + 2 * i, Math.max(-32768, Math.min(32767, steps)), littleEndian(at));
			});
	};
	return {
		pins: {},
		readUint8(register) {
			measure();
			return at(register & mask);
		},
		writeUint8(register, value) {
			if (reset && register === reset[0] && value === reset[1]) powerOn();
			else bytes[register & mask] = value;
		},
		readBuffer(register, buffer) {
			measure();
			const out = ArrayBuffer.isView(buffer)
				? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
				: new Uint8Array(buffer);
			out.set(bytes.subarray(register & mask, (register & mask) + out.length));
		},
		writeBuffer() {},
		wait(milliseconds) {
			time += milliseconds;
		},
		close() {},
	};
}

const field = (value: number, shift: number, bits: number): number => (value >> shift) & ((1 << bits) - 1);
const STEPS = 32768;

/** InvenSense's register map, RM-MPU-6000A; the MPU-6886 has the same one. */
const invenSense =
	(identity: number) =>
	(acceleration: readonly number[], rate: readonly number[]): Chip =>
		chip({
			registers: { 117: identity, 107: 0x40 },
			reset: [0x6b, 0x80],
			data: [
				[0x3b, acceleration, (at) => STEPS / (2 << field(at(0x1c), 3, 2))],
				[0x43, rate, (at) => STEPS / (250 << field(at(0x1b), 3, 2))],
			],
			littleEndian: () => false,
		});

export const CHIPS: Readonly<
	Record<string, (acceleration: readonly number[], rate: readonly number[]) => Chip>
> = {
	mpu6050: invenSense(0x68),
	mpu6886: invenSense(0x19),
	// CTRL1 bit 5: big-endian; CTRL2, CTRL3 bits 4 to 6: 2 g and 16 degrees per second, doubled by each
	qmi8658: (acceleration, rate) =>
		chip({
			registers: { 0: 0x05, 2: 0x20 },
			reset: [0x60, 0xb0],
			data: [
				[0x35, acceleration, (at) => STEPS / (2 << field(at(0x03), 4, 3))],
				[0x3b, rate, (at) => STEPS / (16 << field(at(0x04), 4, 3))],
			],
			littleEndian: (at) => field(at(0x02), 5, 1) === 0,
		}),
	// ACC_RANGE 0x41, GYR_RANGE 0x43; INTERNAL_STATUS 0x21: initialized; STATUS 0x03: data ready, of the gyroscope after 45 ms
	bmi270: (acceleration, rate) =>
		chip({
			registers: { 0: 0x24, 65: 0x02, 67: 0x00 },
			reset: [0x7e, 0xb6],
			data: [
				[0x0c, acceleration, (at) => STEPS / (2 << field(at(0x41), 0, 2))],
				[0x12, rate, (at) => STEPS / (2000 >> field(at(0x43), 0, 3))],
			],
			littleEndian: () => true,
			before(registers, milliseconds) {
				registers[0x21] = registers[0x59]! & 1;
				const { 0x7d: power = 0 } = registers;
				registers[0x03] = (power & 4 ? 0x80 : 0) | (power & 2 && milliseconds >= 55 ? 0x40 : 0);
			},
		}),
	// CTRL_REG4 0x23 bits 4 and 5: 2 g, doubled by each; left-aligned. Bit 7 of a register's number: the address increments
	lis3dh: (acceleration) =>
		chip({
			registers: { 15: 0x33, 32: 0x07 },
			data: [[0x28, acceleration, (at) => STEPS / (2 << field(at(0x23), 4, 2))]],
			littleEndian: () => true,
			mask: 0x7f,
		}),
};
