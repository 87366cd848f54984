/*
 * loader.c - gives XS its modules: source text from files named on the command line, and the native functions that
 * JavaScript declares with `@ "xs_name"`.
 */
#include "engine.h"

/* ---- Native functions ---- */

/* build/.../natives.h is generated from the module sources: one NATIVE(xs_name) per name. */
#define NATIVE(name) extern void name();
#include "natives.h"
#undef NATIVE

typedef struct {
	const char *name;
	txCallback callback;
} Native;

static const Native natives[] = {
#define NATIVE(name) {#name, (txCallback)name},
#include "natives.h"
#undef NATIVE
	{NULL, NULL},
};

static txCallback findNative(const char *name)
{
	const Native *native = natives;
	while (native->name && c_strcmp(native->name, name))
		native++;
	return native->callback;
}

/*
 * A module's native functions in XS's form; functions refer to them, so they live as long as the machine. `current` is the
 * table of the module being resolved, which XS requests by calling buildHosts.
 */
typedef struct HostTable {
	struct HostTable *next;
	txID count;
	txHostFunctionBuilder builders[];
} HostTable;

static HostTable *tables = NULL;
static HostTable *current = NULL;

static void buildHosts(txMachine *the)
{
	fxBuildHosts(the, current->count, current->builders);
	mxPullSlot(mxResult);
}

/* Reads the parser's list: a count, then per name: parameters (-1: a destructor), an identifier, the name. */
static HostTable *makeHostTable(txMachine *the, txScript *script)
{
	txByte *p = script->hostsBuffer;
	HostTable *table;
	txID count, i, id;

	mxDecodeID(p, count);
	table = c_calloc(1, sizeof(HostTable) + (size_t)count * sizeof(txHostFunctionBuilder));
	if (!table)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	table->next = tables;
	tables = table;
	table->count = count;
	for (i = 0; i < count; i++) {
		txHostFunctionBuilder *builder = table->builders + i;
		builder->length = *p++;
		mxDecodeID(p, id); /* the function's name within the module: host functions have none, as on devices */
		builder->id = XS_NO_ID;
		builder->callback = findNative((char *)p);
		if (!builder->callback)
			mxReferenceError("no native function \"%s\"", (char *)p);
		p += mxStringLength((char *)p) + 1;
	}
	(void)id;
	return table;
}

void loaderClose(void)
{
	while (tables) {
		HostTable *next = tables->next;
		c_free(tables);
		tables = next;
	}
}

/* ---- Source text ---- */

static txScript *parse(txMachine *the, void *stream, txGetter getter, txUnsigned flags, const char *path)
{
	txParser _parser, *parser = &_parser; /* XS's macros want these names */
	txParserJump jump;
	txScript *volatile script = NULL;

#ifdef mxDebug
	flags |= mxDebugFlag; /* line numbers in stacks */
#endif
	fxInitializeParser(parser, the, the->parserBufferSize, the->parserTableModulo);
	parser->firstJump = &jump;
	if (c_setjmp(jump.jmp_buf) == 0) {
		if (path) {
			parser->path = fxNewParserSymbol(parser, (txString)path);
			parser->source = parser->path;
		}
		fxParserTree(parser, stream, getter, flags, NULL);
		fxParserHoist(parser);
		fxParserBind(parser);
		script = fxParserCode(parser);
	}
	if (the->peakParserSize < parser->total)
		the->peakParserSize = parser->total;
	fxTerminateParser(parser);
	return script;
}

/* eval, new Function */
txScript *fxParseScript(txMachine *the, void *stream, txGetter getter, txUnsigned flags)
{
	return parse(the, stream, getter, flags, NULL);
}

/* ---- Modules ---- */

static const ModuleFile *findModule(const char *specifier)
{
	const ModuleFile *module = moduleFiles;
	while (module->specifier && c_strcmp(module->specifier, specifier))
		module++;
	return module->specifier ? module : NULL;
}

txID fxFindModule(txMachine *the, txSlot *realm, txID moduleID, txSlot *slot)
{
	txString specifier = fxToString(the, slot);
	(void)realm;
	(void)moduleID;
	return findModule(specifier) ? fxNewNameC(the, specifier) : XS_NO_ID;
}

void fxLoadModule(txMachine *the, txSlot *module, txID moduleID)
{
	const ModuleFile *file = findModule(fxGetKeyName(the, moduleID));
	FILE *stream = file ? fopen(file->path, "rb") : NULL;
	txScript *script;

	if (!stream)
		return;                                                        /* XS reports the module as not found */
	script = parse(the, stream, (txGetter)fgetc, mxCFlag, file->path); /* mxCFlag: allow @ "xs_name" */
	fclose(stream);
	if (!script)
		return;
	if (script->hostsBuffer) {
		current = makeHostTable(the, script);
		script->callback = buildHosts;
	}
	fxResolveModule(the, module, moduleID, script, C_NULL, C_NULL);
	current = NULL;
}
