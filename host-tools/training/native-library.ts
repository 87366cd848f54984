// The native trainer's library (native/): built on first use, its functions and structs by koffi.
import koffi from "koffi";
import { builtLibrary } from "../files/library";

koffi.opaque("Trainer");
koffi.struct("TrainerShape", {
	heads: "int32_t",
	channels: "int32_t",
	blocks: "int32_t",
	steps: "int32_t",
	batch: "int32_t",
	threads: "int32_t",
});
koffi.struct("TrainerSpec", { kind: "int32_t", size: "int32_t", option: "int32_t", value: "double" });
koffi.struct("TrainerOptimization", {
	rate: "double",
	ssmRate: "double",
	weightDecay: "double",
	clip: "double",
	averaging: "double",
	labelSmoothing: "double",
	distill: "double",
	temperature: "double",
	dropout: "double",
	normMomentum: "double",
	lossLimit: "double",
	huber: "double",
	totalSteps: "int32_t",
	warmupSteps: "int32_t",
	frozenNorm: "int32_t",
	aForm: "int32_t",
	seed: "uint32_t",
});
koffi.struct("TrainerProgress", {
	samples: "double",
	loss: "double",
	correct: "double",
	step: "double",
	batchLoss: "double",
	norm: "double",
});

/** Path in the project of what is built on first use. */
export const LIBRARY = "build/native/libtrainer.so";

function buildLibrary(double: boolean): string {
	return builtLibrary(
		"The trainer",
		"host-tools/training/native",
		double ? "build/native/libtrainer-double.so" : LIBRARY,
		double ? "double" : "all",
	);
}

/** @param double the build in double precision */
export function bind(double: boolean) {
	const library = koffi.load(buildLibrary(double));
	const data = "const float *values, const void *targets, const uint32_t *lengths";
	const pass = `Trainer *t, const TrainerOptimization *optimization, const double *weights, const float *teacher, ${data}, const uint32_t *rows, int32_t count`;
	return {
		kind: library.func("int32_t trainer_kind(const char *name)"),
		misplaced: library.func("int32_t trainer_misplaced(const TrainerSpec *specs, int32_t blocks)"),
		open: library.func("Trainer *trainer_open(const TrainerShape *shape, const TrainerSpec *specs)"),
		close: library.func("void trainer_close(Trainer *t)"),
		size: library.func("int32_t trainer_size(Trainer *t, int32_t array)"),
		read: library.func("void trainer_read(Trainer *t, int32_t array, double *to)"),
		write: library.func("void trainer_write(Trainer *t, int32_t array, const double *from)"),
		train: library.func(`int32_t trainer_train(${pass})`),
		gradient: library.func(`int32_t trainer_gradient(${pass})`),
		evaluate: library.func(
			`int32_t trainer_evaluate(Trainer *t, int32_t averaged, ${data}, int32_t count, float *outputs)`,
		),
		quantize: library.func(
			"int32_t trainer_quantize(Trainer *t, const int32_t *integers, int32_t integer_count, const double *reals, int32_t real_count)",
		),
		watch: library.func(
			"int32_t trainer_watch(Trainer *t, const int32_t *units, int32_t stride, int32_t last)",
		),
		observe: library.func(
			"int32_t trainer_observe(Trainer *t, const float *values, const uint32_t *lengths, int32_t count, float *outputs, float *pooled, float *drive, int32_t driveSteps)",
		),
		watchedStream: library.func(
			"void trainer_watched_stream(Trainer *t, int32_t number, double *low, double *high)",
		),
		watchedBlock: library.func(
			"void trainer_watched_block(Trainer *t, int32_t number, double *sum, double *value, double *mean, double *moments, uint32_t *input, uint32_t *state, uint32_t *output)",
		),
		progress: library.func("void trainer_progress(Trainer *t, _Out_ TrainerProgress *to)"),
		cancel: library.func("void trainer_cancel(Trainer *t)"),
	};
}
