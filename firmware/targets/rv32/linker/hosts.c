/*
 * hosts.c - host functions by their names in C, and what XS compiled with mxLink leaves to its linker: host functions as
 * properties of one slot each, and the platform.
 */
#include "link.h"

txHostFunctionBuilder builders[BUILDERS];
int builderCount = 0;

/* ---- Names of host functions ---- */

enum {
	NAMES = 4096,
	FAKES = 0x10000
}; /* natives are not linked here: their fake addresses are below FAKES, and calling them throws */

static struct {
	txCallback callback;
	const char *name;
} names[NAMES];
static int nameCount = 0;

static void addName(txCallback callback, const char *name)
{
	if (NAMES == nameCount)
		fail("too many host functions");
	names[nameCount].callback = callback;
	names[nameCount++].name = name;
}

txCallback fxNewLinkerCallback(txMachine *the, txCallback callback, txString name)
{
	for (int i = 0; i < nameCount; i++)
		if (names[i].callback == callback)
			return callback;
	addName(callback, name);
	return callback;
}

txCallback nativeCallback(const char *name)
{
	static uintptr_t last = 0;
	for (int i = 0; i < nameCount; i++)
		if (!strcmp(names[i].name, name))
			return names[i].callback;
	addName((txCallback)++last, name);
	return (txCallback)last;
}

const char *callbackName(txCallback callback)
{
	for (int i = 0; i < nameCount; i++)
		if (names[i].callback == callback)
			return names[i].name;
	fail("a host function has no name");
}

void printNativeDeclarations(FILE *file)
{
	for (int i = 0; i < nameCount; i++)
		if ((uintptr_t)names[i].callback < FAKES)
			fprintf(file, "extern void %s();\n", names[i].name);
}

/* ---- What XS leaves to the linker ---- */

txSlot *fxNewFunctionLength(txMachine *the, txSlot *instance, txNumber length) { return NULL; }

txSlot *fxNewFunctionName(txMachine *the, txSlot *instance, txID id, txIndex index, txID former, txString prefix)
{
	return NULL;
}

txSlot *fxBuildHostConstructor(txMachine *the, txCallback call, txInteger length, txInteger id)
{
	return fxNewHostConstructor(the, call, length, id);
}

txSlot *fxBuildHostFunction(txMachine *the, txCallback call, txInteger length, txInteger id)
{
	return fxNewHostFunction(the, call, length, id, XS_NO_ID);
}

static txSlot *buildAccessor(txMachine *the, txCallback call, txInteger length, txSlot *home)
{
	txSlot *function;
	if (!call)
		return NULL;
	function = fxBuildHostFunction(the, call, length, XS_NO_ID);
	mxFunctionInstanceHome(function)->value.home.object = home->value.reference;
	return function;
}

txSlot *fxNextHostAccessorProperty(txMachine *the, txSlot *property, txCallback get, txCallback set, txID id, txFlag flag)
{
	txSlot *home = the->stack;
	txSlot *getter = buildAccessor(the, get, 0, home);
	txSlot *setter = buildAccessor(the, set, 1, home);
	property = property->next = fxNewSlot(the);
	property->flag = flag;
	property->ID = id;
	property->kind = XS_ACCESSOR_KIND;
	property->value.accessor.getter = getter;
	property->value.accessor.setter = setter;
	the->stack = home;
	return property;
}

txSlot *fxNextHostFunctionProperty(txMachine *the, txSlot *property, txCallback call, txInteger length, txID id, txFlag flag)
{
	txHostFunctionBuilder *builder = builders + builderCount++;
	if (BUILDERS < builderCount)
		fail("too many host function properties");
	builder->callback = call;
	builder->length = length;
	builder->id = id;
	property = property->next = fxNewSlot(the);
	property->flag = flag;
	property->ID = id;
	property->kind = XS_HOST_FUNCTION_KIND;
	property->value.hostFunction.builder = builder;
	property->value.hostFunction.profileID = the->profileID++;
	return property;
}

/* ---- Platform ---- */

void fxCreateMachinePlatform(txMachine *the) { the->fakeCallback = FAKES; }

void fxDeleteMachinePlatform(txMachine *the) {}

void fxQueuePromiseJobs(txMachine *the) { the->promiseJobs = 1; }

void *fxAllocateChunks(txMachine *the, txSize size) { return c_malloc(size); }

void fxFreeChunks(txMachine *the, void *chunks) { c_free(chunks); }

txSlot *fxAllocateSlots(txMachine *the, txSize count) { return c_calloc(count, sizeof(txSlot)); }

void fxFreeSlots(txMachine *the, void *slots) { c_free(slots); }

void fxAbort(txMachine *the, int status)
{
	if (XS_UNHANDLED_EXCEPTION_EXIT == status) {
		mxTry(the)
		{
			mxPush(mxException);
			fprintf(stderr, "linker: %s\n", fxToString(the, the->stack));
		}
		mxCatch(the) {}
	}
	fail("XS stopped with status %d", status);
}

txScript *fxParseScript(txMachine *the, void *stream, txGetter getter, txUnsigned flags)
{
	return NULL; /* no eval and new Function on devices */
}
