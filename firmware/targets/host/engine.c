/*
 * engine.c - runs the XS machine: memory, promise jobs, the event loop, and the exit when XS gives up.
 */
#include "engine.h"
#include "xs.h"

#include "loop.h"

static int statisticsWanted = 0;

/* Bytes of slots, chunks and stack, freed only with the machine. Limit 0: none. */
static size_t memoryUsed = 0;
static size_t memoryLimit = 0;

/* ---- What XS calls ---- */

void fxCreateMachinePlatform(txMachine *the) { (void)the; }

void fxDeleteMachinePlatform(txMachine *the) { (void)the; }

void fxQueuePromiseJobs(txMachine *the) { the->promiseJobs = 1; }

/* NULL makes XS collect garbage and then stop with "memory full", as on a device out of RAM. */
static void *allocate(size_t size)
{
	if (memoryLimit && (memoryUsed + size > memoryLimit))
		return NULL;
	memoryUsed += size;
	return c_malloc(size);
}

void *fxAllocateChunks(txMachine *the, txSize size)
{
	(void)the;
	return allocate((size_t)size);
}

void fxFreeChunks(txMachine *the, void *chunks)
{
	(void)the;
	c_free(chunks);
}

txSlot *fxAllocateSlots(txMachine *the, txSize count)
{
	(void)the;
	return allocate((size_t)count * sizeof(txSlot));
}

void fxFreeSlots(txMachine *the, void *slots)
{
	(void)the;
	c_free(slots);
}

static void printStatistics(txMachine *the)
{
	fprintf(stderr,
		"xs: slots of %d bytes: %d used, %d peak, %d reserved, %d at start; chunk bytes: %d used, %d peak, %d reserved, "
		"%d at start; stack slots: %d peak of %d; %d keys; %d collections\n",
		(int)sizeof(txSlot), (int)the->currentHeapCount, (int)the->peakHeapCount, (int)the->maximumHeapCount,
		(int)the->startSlots, (int)the->currentChunksSize, (int)the->peakChunksSize, (int)the->maximumChunksSize,
		(int)the->startChunkBytes, (int)(the->stackTop - the->stackPeak), (int)(the->stackTop - the->stackBottom),
		(int)(the->keyIndex - the->keyOffset), (int)the->garbageCollectionCount);
}

/*
 * The machine's stack when C last called into JavaScript: xsEndHost calls fxAbort with everything as it was at the throw,
 * a state from which nothing can be called.
 */
static void unwind(txMachine *the)
{
	txJump *jump = the->firstJump;
	if (jump) {
		the->stack = jump->stack;
		the->scope = jump->scope;
		the->frame = jump->frame;
		the->code = jump->code;
	}
}

/*
 * Prints what was thrown: an error's stack, which begins with its message and has lines only in the debug variant, or its
 * text. The conversion to text may throw again; that is not shown.
 */
static void printException(txMachine *the)
{
	unwind(the);
	mxTry(the)
	{
		mxPush(mxException);
		if (mxIsReference(&mxException)) {
			mxGetID(mxID(_stack));
			if (!mxIsStringPrimitive(the->stack))
				*the->stack = mxException;
		}
		fprintf(stderr, "%s\n", fxToString(the, the->stack));
		mxPop();
	}
	mxCatch(the) { fprintf(stderr, "(and it has no text)\n"); }
}

void fxAbort(txMachine *the, int status)
{
	static const char *const names[] = {
		[XS_DEBUGGER_EXIT] = "debugger",
		[XS_NOT_ENOUGH_MEMORY_EXIT] = "memory full",
		[XS_STACK_OVERFLOW_EXIT] = "stack overflow",
		[XS_FATAL_CHECK_EXIT] = "fatal check",
		[XS_DEAD_STRIP_EXIT] = "dead strip",
		[XS_UNHANDLED_EXCEPTION_EXIT] = "unhandled exception",
		[XS_NO_MORE_KEYS_EXIT] = "not enough keys",
		[XS_TOO_MUCH_COMPUTATION_EXIT] = "too much computation",
		[XS_UNHANDLED_REJECTION_EXIT] = "unhandled rejection",
	};
	int known = (0 <= status) && (status < (int)(sizeof(names) / sizeof(*names))) && names[status];
	fprintf(stderr, "xs: %s\n", known ? names[status] : "stopped");
	if ((XS_UNHANDLED_EXCEPTION_EXIT == status) || (XS_UNHANDLED_REJECTION_EXIT == status))
		printException(the);
	if (statisticsWanted)
		printStatistics(the);
	exit(EXIT_XS + status);
}

/* ---- Running ---- */

/* After every call into JavaScript: run promise jobs until none is left, then fail on unhandled rejections. */
static void runJobs(txMachine *machine)
{
	xsBeginHost(machine);
	while (the->promiseJobs) {
		while (the->promiseJobs) {
			the->promiseJobs = 0;
			fxRunPromiseJobs(the);
		}
		fxEndJob(the);
	}
	fxCheckUnhandledRejections(the, 1);
	xsEndHost(machine);
}

/*
 * Built-ins, code and what modules create while loading are in RAM here but preloaded in flash on a device. So memory is
 * counted from this point: current use is recorded, and peaks are reset.
 */
static void startCounting(txMachine *the)
{
	fxCollectGarbage(the);
	the->startSlots = the->peakHeapCount = the->currentHeapCount;
	the->startChunkBytes = the->peakChunksSize = the->currentChunksSize;
	the->stackPeak = the->stack;
}

static void runMain(txMachine *machine)
{
	xsBeginHost(machine);
	mxPushStringC("main");
	fxAwaitImport(the, XS_IMPORT_DEFAULT);
	startCounting(the);
	if (fxIsCallable(the, the->stack)) {
		txSlot *function = the->stack;
		mxPushUndefined(); /* this */
		mxPushSlot(function);
		mxCall();
		mxRunCount(0);
		mxPop();
	}
	mxPop();
	xsEndHost(machine);
}

static void serveEvents(txMachine *the)
{
	for (;;) {
		struct pollfd polls[SERIAL_POLLS];
		int timeout;

		engineTurn();
		timersRun(the);
		runJobs(the);

		timeout = timersNext();
		if (!serialActive() && ((timeout < 0) || (serialEnded() && !timersOneShot())))
			break;
		if (serialReady())
			timeout = 0;
		serialPrepare(polls);
		if ((poll(polls, SERIAL_POLLS, timeout) < 0) && (EINTR != errno)) {
			perror("poll");
			exit(1);
		}
		serialService(the, polls);
		runJobs(the);
	}
}

void engineRun(const txCreation *creation, size_t limit, int statistics)
{
	static txMachine *machine; /* static, so that an early exit does not report a leak */

	memoryLimit = limit;
	statisticsWanted = statistics;
	machine = engineMachine(creation);
	if (!machine) {
		fprintf(stderr, "xs: the machine could not be created\n");
		exit(EXIT_XS + XS_NOT_ENOUGH_MEMORY_EXIT);
	}

	engineTurn();
	runMain(machine);
	runJobs(machine);
	serveEvents(machine);

	if (statistics)
		printStatistics(machine);
	fxDeleteMachine(machine);
	machine = NULL;
	loaderClose();
}
