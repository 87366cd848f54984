// The application: the model in its slot, the kernel or the classifier over it, and the replies to the host. Everything
// target-specific is in `Platform`, so the same code runs on devices and in tests.
import { goldenPlaces, selfTest } from "../../src/classifier/golden";
import { type Kernel, type Model, openModel, shown } from "../../src/classifier/model";
import { ANY_SLOT, LinkError, Status, StreamSource } from "../../src/link/commands";
import { type Device, LinkServer, type ModelSummary, type OutputMeaning } from "../../src/link/server";
import { MlperfCommands } from "../../src/mlperf/commands";
import { ModelStore, type StoredModel, StoreError } from "../../src/store/store";
import { gate, versionOf, vouching } from "./admit";
import { timeSteps, timeStream } from "./measure";
import type { Platform } from "./platform";
import { Recording } from "./recording";
import { describe, SensorError, Stream } from "./stream";
import { meaningOf, nameOf, resultIndex, summaryOf } from "./summary";

const FIRMWARE = "edge-ssm 0.1.0";

/** Opens the newest model and serves the link; with a sensor, streaming starts at once. */
export class Application implements Device {
	readonly firmware = FIRMWARE;
	readonly target: string;
	readonly toolchain: string;
	readonly counted: string;
	readonly publicKey: Uint8Array | undefined;
	readonly #platform: Platform;
	readonly #server: LinkServer;
	readonly #mlperf: MlperfCommands;
	#store: ModelStore;
	#stored: StoredModel | undefined;
	#model: Model | undefined;
	#summary: ModelSummary | undefined;
	#refusals = ""; // why models do not run
	// At most one of the two holds an arena: the kernel (host requests) or the stream.
	#kernel: Kernel | undefined;
	readonly #stream: Stream;
	readonly #recording: Recording;
	#recorded = 0; // bytes of a recorded sample
	#run = -1; // current INFER sequence, -1: none
	#step = 0; // next step of that sequence
	#logging = false;

	constructor(platform: Platform) {
		this.#platform = platform;
		this.target = platform.target;
		this.toolchain = platform.toolchain ?? "";
		this.counted = platform.counted ?? "";
		this.publicKey = platform.publicKey;
		const { send, microseconds } = platform;
		this.#mlperf = new MlperfCommands({
			send,
			device: {
				modelName: () => nameOf(this.#summary),
				quiet: () => {
					this.#stream.stop();
					this.#recording.stop();
					this.#logging = false;
				},
				microseconds,
				infer: (input) => this.#inferWhole(input),
				results: () => shown(this.#needModel(), this.outputs()),
			},
		});
		this.#server = new LinkServer({
			device: this,
			send,
			onText: (bytes, start, end) => this.#mlperf.receive(bytes, start, end),
		});
		this.#stream = new Stream({
			kernel: platform.kernel,
			...(platform.sensor && { sensor: platform.sensor }),
			...(platform.schedule && { schedule: platform.schedule }),
			onEvent: ({ step, index, margin, outputs }) =>
				this.#server.result(step, resultIndex(index), margin, outputs),
			onProof: () => this.#stored?.onTrial && this.#confirm(),
			log: (text) => this.log(text),
		});
		this.#recording = new Recording({
			...(platform.sensor && { sensor: platform.sensor }),
			onSamples: (step, bytes, start, end) => this.#server.recorded(step, bytes, start, end, this.#recorded),
			log: (text) => this.log(text),
		});
		this.#store = this.#openStore();
		if (platform.resetCause !== undefined) this.#store.crashed(platform.resetCause);
		this.#openModel();
	}

	/** Takes bytes[0..length) received from the host. */
	receive(bytes: Uint8Array, length: number): void {
		this.#server.receive(bytes, 0, length);
	}

	/** Call once everything sent has been transmitted. */
	sent(): void {
		this.#mlperf.sent();
	}

	model(): ModelSummary | undefined {
		return this.#summary && { ...this.#summary, onTrial: this.#stored?.onTrial };
	}

	refusals(): string {
		return this.#refusals;
	}

	minimumVersion(): number {
		return this.#store.minimumVersion();
	}

	labels(): readonly string[] {
		return this.#needModel().labels;
	}

	meaning(): OutputMeaning {
		return meaningOf(this.#needModel());
	}

	streaming(): number {
		return this.#stream.source;
	}

	loadBegin(length: number, crc: number, slot: number, identity: Uint8Array) {
		const begun = this.#store.begin(length, crc, identity, slot === ANY_SLOT ? undefined : slot);
		return { ...begun, capacity: this.#store.capacity(begun.slot) };
	}

	loadChunk(offset: number, bytes: Uint8Array, start: number, end: number): number {
		return this.#store.write(offset, bytes, start, end);
	}

	loadCommit(identity: Uint8Array): { slot: number; sequence: number } {
		this.#closeModel(); // RAM may hold only one arena
		let stored: StoredModel;
		try {
			stored = this.#store.commit(identity, (blob) => this.#proves(blob));
		} finally {
			this.#openModel();
		}
		this.#store.needKept(stored.slot);
		return stored;
	}

	loadAbort(identity: Uint8Array): void {
		this.#store.abort(identity);
	}

	infer(run: number, step: number, begin: boolean, bytes: Uint8Array, start: number, end: number): number {
		const { kernel, model } = this.#idle();
		const count = (end - start) / (2 * model.channels);
		if (!Number.isInteger(count)) throw new LinkError(Status.PAYLOAD, "not a whole number of samples");
		if (begin && step === 0) {
			kernel.reset();
			this.#run = run;
			this.#step = 0;
		}
		if (run !== this.#run || step !== this.#step)
			throw new LinkError(Status.OFFSET, "samples out of order", run === this.#run ? this.#step : 0);
		this.#run = -1; // until the kernel has taken them
		kernel.write(bytes, start, count);
		this.#run = run;
		this.#step += count;
		return this.#step;
	}

	outputs(): Int32Array {
		const { kernel, model } = this.#idle();
		const outputs = new Int32Array(model.outputs);
		kernel.outputs(outputs.buffer as ArrayBuffer);
		return outputs;
	}

	#inferWhole(input: Uint8Array): void {
		const { kernel, model } = this.#idle();
		const steps = input.length / (2 * model.channels);
		if (!Number.isInteger(steps))
			throw new Error(
				`${input.length} bytes are not a whole number of samples of ${model.channels} int16 values`,
			);
		this.#run = -1;
		kernel.reset();
		kernel.write(input, 0, steps);
	}

	stream(source: number, window: number, hop: number): void {
		const wish = { source, window, hop };
		this.#recording.stop(); // one sensor
		if (this.#stream.is(wish)) return;
		if (source === StreamSource.OFF) {
			this.#stream.stop();
			return;
		}
		const model = this.#needModel();
		this.#stream.check(model, wish); // before stopping anything
		this.#closeKernel();
		this.#stream.start(model, wish);
	}

	record(rate: number, scales: Float32Array): void {
		this.#recording.stop();
		if (rate === 0) return;
		this.#stream.stop();
		this.#recorded = 2 * scales.length;
		this.#recording.start(rate, scales, this.#model);
	}

	samples(step: number, bytes: Uint8Array, start: number, end: number): number {
		return this.#stream.samples(step, bytes, start, end);
	}

	selfTest(): { passed: number; total: number } {
		const { kernel, model } = this.#idle();
		this.#run = -1;
		return selfTest(kernel, model);
	}

	memory(): object {
		return this.#platform.memory();
	}

	timing(steps: number, chunk: number, counting: boolean): number {
		const { kernel, model } = this.#idle();
		const { count, counted, microseconds, kernel: KernelOfModel } = this.#platform;
		if (counting && counted === undefined)
			throw new LinkError(Status.REFUSED, "this target has no CPU counter");
		const clock = counting ? (count as () => number) : microseconds;
		this.#run = -1;
		let elapsed: number | undefined;
		if (chunk > 0) {
			this.#closeKernel(); // RAM may hold only one arena
			elapsed = timeStream(KernelOfModel, model, steps, chunk, clock);
		} else {
			kernel.reset();
			elapsed = timeSteps(kernel, model, steps, 0, clock);
			kernel.reset();
		}
		if (elapsed === undefined) throw new LinkError(Status.REFUSED, "the model has no golden vectors to run");
		return elapsed;
	}

	rollback(sequence: number): { slot: number; sequence: number } {
		const model = this.#store.rollback(sequence);
		this.#closeModel();
		this.#openModel();
		return model;
	}

	reset(): void {
		this.#closeModel();
		if (this.#platform.restart !== undefined) this.#platform.restart();
		else {
			this.#store = this.#openStore();
			this.#openModel();
		}
	}

	logging(on: boolean): void {
		this.#logging = on;
	}

	failure(error: unknown) {
		const isStore = error instanceof StoreError;
		return {
			status: isStore ? STORE_STATUS[error.kind] : Status.INTERNAL,
			detail: isStore ? error.expected : 0,
			message: describe(error),
		};
	}

	/** Logs a line locally, and to the host if log events are on. */
	log(text: string): void {
		this.#platform.log(text);
		if (this.#logging) this.#server.log(text);
	}

	#openStore(): ModelStore {
		const { slots, kernel, sha256, trusts } = this.#platform;
		return new ModelStore({
			slots,
			admit: gate(kernel, sha256, trusts),
			// a version counts where a signature shows who stated it
			...(this.publicKey && { versionOf, vouch: vouching(trusts) }),
		});
	}

	/** Starts the newest model that runs, and says why others do not. */
	#openModel(): void {
		for (let stored = this.#store.active(); stored !== undefined; stored = this.#store.active()) {
			const { slot, onTrial } = stored;
			if (onTrial) this.#store.beginAttempt(stored);
			try {
				this.#start(stored);
				if (!onTrial) this.#confirm();
				break;
			} catch (error) {
				this.#closeModel();
				this.log(`slot ${slot}: ${describe(error)}`);
				if (!onTrial) break;
				this.#store.endAttempt(stored, "refusal", describe(error));
			}
		}
		this.#refusals = "";
		for (let slot = 0; slot < 2; slot++) {
			const refusal = this.#store.refusal(slot);
			if (refusal === undefined) continue;
			this.log(refusal);
			this.#refusals += this.#refusals === "" ? refusal : `; ${refusal}`;
		}
		if (this.#stored === undefined) this.log("no slot holds a runnable model");
	}

	/** Opens a model and starts its stream; on trial it throws where it would not run, if there is another to run. */
	#start(stored: StoredModel): void {
		const model = openModel(stored.blob, { checked: true }); // by the kernel, when the store admitted it
		this.#stored = stored;
		this.#model = model;
		this.#summary = summaryOf(stored, model, this.#platform.kernel.arenaSize(model.blob));
		const { arenaBytes } = this.#summary;
		this.log(`model in slot ${stored.slot}: ${stored.length} bytes, arena ${arenaBytes} bytes`);
		if (this.#platform.sensor !== undefined) {
			try {
				this.stream(StreamSource.SENSOR, 0, 0);
			} catch (error) {
				// Without its sensor the device still answers the host.
				const unfit =
					(model.steps > 0 || model.perStep || model.stream !== undefined) && !(error instanceof SensorError);
				if (unfit && stored.onTrial && this.#store.hasOther(stored)) throw error;
				this.log(`sensor: ${describe(error)}`);
			}
		}
		if (!stored.onTrial || this.#stream.source !== StreamSource.OFF) return;
		this.#idle(); // there is memory for its arena
		void Promise.resolve().then(() => {
			if (this.#stored === stored) this.#confirm();
		});
	}

	/** Ends the trial of the running model: it gave a result, or reached the main loop where it has no stream. */
	#confirm(): void {
		try {
			this.#store.confirm(this.#stored!);
		} catch (error) {
			this.log(`slot ${this.#stored!.slot}: ${describe(error)}`); // it stays on trial, or its version is not kept
		}
	}

	#closeModel(): void {
		this.#stream.stop();
		this.#recording.stop();
		this.#closeKernel();
		this.#stored = undefined;
		this.#model = undefined;
		this.#summary = undefined;
	}

	#closeKernel(): void {
		this.#kernel?.close();
		this.#kernel = undefined;
		this.#run = -1;
	}

	/** Whether a model not yet proven reproduces its golden outputs. Without golden vectors the answer is no. */
	#proves(blob: Uint8Array): boolean {
		const model = openModel(blob, { checked: true }); // by the kernel, at the store's request
		if (goldenPlaces(model).length === 0) return false;
		const kernel = new this.#platform.kernel(model.blob);
		try {
			const { passed, total } = selfTest(kernel, model);
			return passed === total;
		} finally {
			kernel.close();
		}
	}

	#needModel(): Model {
		if (this.#model === undefined) {
			const why = this.#refusals === "" ? "" : `; ${this.#refusals}`;
			throw new LinkError(Status.NO_MODEL, `no slot holds a runnable model${why}`);
		}
		return this.#model;
	}

	/** The kernel for single requests; refused while the stream is on. */
	#idle(): { kernel: Kernel; model: Model } {
		const model = this.#needModel();
		if (this.#stream.source !== StreamSource.OFF)
			throw new LinkError(Status.BUSY, "the stream is on; turn it off first");
		this.#kernel ??= new this.#platform.kernel(model.blob);
		return { kernel: this.#kernel, model };
	}
}

const STORE_STATUS = Object.freeze({
	refused: Status.REFUSED,
	offset: Status.OFFSET,
	damaged: Status.DAMAGED,
	"self-test": Status.SELF_TEST,
	"given-up": Status.GIVEN_UP,
} as const);
