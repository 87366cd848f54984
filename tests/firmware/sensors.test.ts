// Sensors: the replay source, the sampler's timing and its count of what is missing, and the MPU-6050 against its register
// map by a bus that keeps registers.
import { describe, expect, test } from "vitest";
import { GoldenSensor } from "../../firmware/modules/sensors/golden";
import { type BusClass, type DriverClass, MPU6050Sensor } from "../../firmware/modules/sensors/mpu6050";
import { ReplaySensor } from "../../firmware/modules/sensors/replay";
import { Sampler } from "../../firmware/modules/sensors/sampler";
import type { Sensor } from "../../firmware/modules/sensors/sensor";
import { writeBlob } from "../../src/blob/write";
import { goldenPlaces } from "../../src/classifier/golden";
import { type Model, openModel } from "../../src/classifier/model";
import type { GoldenVector } from "../../src/network/network";
import { Reference } from "../../src/reference/reference";
import { randomNetwork, randomSamples } from "../support/random-network";

/** A clock that stands still until it is told, and timers that fire by it, late by what `lateness` says. */
class FakeTime {
	now = 5_000_000;
	timers = new Set<{ callback: () => void; at: number; repeat: number }>();
	readonly clock = () => this.now;
	readonly Timer = {
		repeat: (callback: () => void, interval: number) => {
			const timer = { callback, at: this.now + interval * 1000, repeat: interval * 1000 };
			this.timers.add(timer);
			return timer;
		},
		schedule: (timer: { at: number; repeat: number }, interval: number, repeat: number) => {
			timer.at = this.now + interval * 1000;
			timer.repeat = repeat * 1000;
		},
		clear: (timer: { callback: () => void; at: number; repeat: number }) => {
			this.timers.delete(timer);
		},
	};

	/** Lets `microseconds` pass. */
	run(microseconds: number): void {
		const end = this.now + microseconds;
		for (;;) {
			const next = [...this.timers].sort((a, b) => a.at - b.at)[0];
			if (next === undefined || next.at > end) break;
			this.now = Math.max(this.now, next.at);
			next.at = this.now + next.repeat;
			next.callback();
		}
		this.now = Math.max(this.now, end);
	}
}

function modelWith(rate: number, seed = 3): Model {
	const network = {
		...randomNetwork(seed),
		rate,
		golden: [] as GoldenVector[],
	};
	network.input = network.input.map((channel, c) => ({
		...channel,
		scale: Math.fround(0.0123 * (c + 1)),
		offset: c - 1.5,
	}));
	const samples = randomSamples(seed, 30, network.input.length);
	const reference = new Reference(network);
	reference.write(samples);
	network.golden = [{ samples, outputs: reference.outputs() }];
	return openModel(writeBlob(network, () => new Uint8Array(32)));
}

interface Taken {
	samples: number[];
	times: number[];
	counts: number[];
	reports: [number, number, string][];
}

function startSampler(time: FakeTime, model: Model, sensor: (model: Model) => Sensor, chunk = 1) {
	const taken: Taken = { samples: [], times: [], counts: [], reports: [] };
	const sampler = new Sampler({ open: sensor, Timer: time.Timer, clock: time.clock, chunk });
	sampler.start(
		model,
		(bytes, byteOffset, count, at) => {
			const view = new DataView(bytes.buffer, bytes.byteOffset + byteOffset, 2 * count * model.channels);
			for (let i = 0; i < count * model.channels; i++) taken.samples.push(view.getInt16(2 * i, true));
			taken.times.push(at);
			taken.counts.push(count);
		},
		(missed, total, reason) => taken.reports.push([missed, total, reason]),
	);
	return { sampler, taken };
}

function counter(
	time: FakeTime,
	channels: number,
	sample?: (n: number) => void,
): Sensor & { closed: boolean } {
	let n = 0;
	return {
		channels,
		closed: false,
		configure() {},
		sample() {
			sample?.(n);
			return { values: new Array(channels).fill(n++), time: time.now };
		},
		close() {
			this.closed = true;
		},
	};
}

test("replaying a golden vector gives back its integers exactly, in chunks that do not matter", () => {
	for (const chunk of [1, 4, 7]) {
		const time = new FakeTime();
		const model = modelWith(50);
		const [place] = goldenPlaces(model);
		const sensor = (model: Model) => new GoldenSensor({ model, clock: time.clock });
		const { taken } = startSampler(time, model, sensor, chunk);
		time.run(20_000 * 30 * 2 + 10_000 * chunk);
		const expected = [...new Int16Array(model.blob.slice(place!.samples).buffer, 0, 30 * model.channels)];
		const whole = Math.floor(60 / chunk) * chunk * model.channels;
		expect(taken.samples.slice(0, whole)).toEqual([...expected, ...expected].slice(0, whole));
		expect(taken.reports).toEqual([]);
	}
});

describe("the sampler", () => {
	test.each([50, 30, 12.5, 100, 333])("keeps a rate of %d without drift", (rate) => {
		const time = new FakeTime();
		const model = modelWith(rate);
		const { taken } = startSampler(time, model, () => counter(time, model.channels));
		const begin = time.now;
		time.run(60_000_000);
		expect(Math.abs(taken.times.length - 60 * rate)).toBeLessThanOrEqual(1);
		taken.times.forEach((at, i) => {
			expect(Math.abs(at - begin - ((i + 1) * 1e6) / Math.fround(rate))).toBeLessThanOrEqual(1000);
		});
		expect(taken.reports).toEqual([]);
	});

	test("counts what came too late, reports at most once a second, and the rest at the end", () => {
		const time = new FakeTime();
		const model = modelWith(50);
		// samples 10 and 20 hold everything up for 105 ms each: 5 due moments pass
		const slow = counter(time, model.channels, (n) => {
			if (n === 10 || n === 20) time.now += 105_000;
		});
		const { sampler, taken } = startSampler(time, model, () => slow);
		time.run(900_000);
		expect(sampler.missed).toBe(8);
		expect(taken.reports).toEqual([[4, 4, "sampled too late"]]);
		sampler.stop();
		expect(taken.reports).toEqual([
			[4, 4, "sampled too late"],
			[4, 8, "sampled too late"],
		]);
		expect(taken.times.length + sampler.missed).toBe(45);
		expect(slow.closed).toBe(true);
		expect(time.timers.size).toBe(0);
	});

	test("counts a sensor's failures and goes on", () => {
		const time = new FakeTime();
		const model = modelWith(50);
		let broken = false;
		const { sampler, taken } = startSampler(time, model, () =>
			counter(time, model.channels, () => {
				if (broken) throw new Error("I2C: no answer");
			}),
		);
		time.run(200_000);
		broken = true;
		time.run(3_000_000);
		broken = false;
		time.run(200_000);
		sampler.stop();
		expect(sampler.missed).toBe(150);
		expect(taken.times).toHaveLength(20);
		expect(taken.reports.every(([, , reason]) => reason === "I2C: no answer")).toBe(true);
		expect(taken.reports.reduce((sum, [missed]) => sum + missed, 0)).toBe(150);
		expect(taken.reports.length).toBeLessThanOrEqual(5);
	});

	test("stops at the end of what a sensor has, and when its consumer says so", () => {
		const time = new FakeTime();
		const model = modelWith(50);
		const values = new Float64Array(3 * model.channels);
		const { taken } = startSampler(
			time,
			model,
			() => new ReplaySensor({ values, channels: model.channels, clock: time.clock }),
		);
		time.run(1_000_000);
		expect(taken.times).toHaveLength(3);
		expect(time.timers.size).toBe(0);

		const sampler = new Sampler({
			open: () => counter(time, model.channels),
			Timer: time.Timer,
			clock: time.clock,
			chunk: 1,
		});
		let count = 0;
		sampler.start(
			model,
			() => {
				count++;
				sampler.stop();
			},
			() => {},
		);
		time.run(1_000_000);
		expect([count, time.timers.size]).toEqual([1, 0]);
	});

	test("refuses a model without a rate and a sensor with other channels, and closes the sensor", () => {
		const time = new FakeTime();
		const model = modelWith(50);
		const other = counter(time, model.channels + 1);
		const start = (m: Model) =>
			new Sampler({ open: () => other, Timer: time.Timer, clock: time.clock }).start(
				m,
				() => {},
				() => {},
			);
		expect(() => start(modelWith(0))).toThrow("no sampling rate");
		expect(() => start(model)).toThrow(/channels/);
		expect(other.closed).toBe(true);
		expect(time.timers.size).toBe(0);
	});
});

test("a replay source refuses what is no whole sample, ends, and throws when closed", () => {
	const clock = () => 0;
	expect(() => new ReplaySensor({ values: [1, 2, 3], channels: 2, clock })).toThrow(RangeError);
	expect(() => new ReplaySensor({ values: [], channels: 2, clock })).toThrow(RangeError);
	const sensor = new ReplaySensor({ values: [1, 2, 3, 4], channels: 2, clock });
	expect(Array.from(sensor.sample()!.values)).toEqual([1, 2]);
	expect(Array.from(sensor.sample()!.values)).toEqual([3, 4]);
	expect(sensor.sample()).toBeUndefined();
	sensor.configure({ repeat: true });
	expect(Array.from(sensor.sample()!.values)).toEqual([1, 2]);
	sensor.close();
	sensor.close();
	expect(() => sensor.sample()).toThrow("closed");
});

describe("the MPU-6050", () => {
	const registers = new Map<number, number>();
	const Bus = class {
		writeUint8(register: number, value: number) {
			registers.set(register, value);
		}
		close() {
			registers.clear();
		}
	} as BusClass;
	/** The chip behind a driver that converts as the SDK's does in its first ranges. */
	const driverOf = (identity = 0x68) =>
		class {
			bus: { writeUint8(r: number, v: number): void; close(): void };
			constructor({ sensor, onError }: { sensor: object; onError: (message: string) => void }) {
				const { io } = sensor as { io: BusClass };
				this.bus = new io({ address: 0x68, ...sensor });
				if (identity !== 0x68) onError("unexpected sensor");
			}
			configure({ lowPassFilter }: { lowPassFilter?: number }) {
				if (lowPassFilter !== undefined) this.bus.writeUint8(0x1a, lowPassFilter);
			}
			sample() {
				// 1 g, -0.5 g, 8 g; 90, -45, 1000 degrees per second in the ranges that the registers say
				const perG = 16384 / 2 ** ((registers.get(0x1c)! >> 3) & 3);
				const perDegree = 131 / 2 ** ((registers.get(0x1b)! >> 3) & 3);
				const raw = (value: number, lsb: number) =>
					Math.max(-32768, Math.min(32767, Math.round(value * lsb)));
				const [x, y, z] = [1, -0.5, 8].map((g) => (raw(g, perG) / 16384) * 9.80665) as [
					number,
					number,
					number,
				];
				const [a, b, c] = [90, -45, 1000].map((d) => raw(d, perDegree) / 131) as [number, number, number];
				return { accelerometer: { x, y, z }, gyroscope: { x: a, y: b, z: c } };
			}
			close() {
				this.bus.close();
			}
		} as DriverClass;

	test("measures +-8 g and +-1000 degrees per second in SI units", () => {
		const sensor = new MPU6050Sensor({ Driver: driverOf(), sensor: { io: Bus }, clock: () => 42 });
		const { values, time } = sensor.sample();
		const expected = [9.80665, -4.903325, 8 * 9.80665, Math.PI / 2, -Math.PI / 4, (1000 * Math.PI) / 180];
		expected.forEach((value, i) => {
			expect(Math.abs(values[i]! - value)).toBeLessThan(Math.abs(value) * 1e-3);
		});
		expect(time).toBe(42);
		sensor.close();
		sensor.close();
		expect(() => sensor.sample()).toThrow("closed");
	});

	test.each([
		[50, 4],
		[200, 2],
		[1000, 0],
		[8, 6],
	])("filters below half of %d Hz", (rate, setting) => {
		const sensor = new MPU6050Sensor({ Driver: driverOf(), sensor: { io: Bus }, clock: () => 0 });
		sensor.configure({ rate });
		expect(registers.get(0x1a)).toBe(setting);
		sensor.close();
	});

	test("says so when another chip answers", () => {
		const open = () => new MPU6050Sensor({ Driver: driverOf(0x70), sensor: { io: Bus }, clock: () => 0 });
		expect(open).toThrow("MPU-6050: unexpected sensor");
	});
});
