/*
 * link.c - builds an XS machine with its built-ins, compiles and links modules, runs those to be preloaded, and makes
 * everything immutable as fxShareMachine would. Replaces Moddable's xsl, for XS 13.3.
 *
 * What may still change at run time gets an alias number: four bytes of RAM on the device, plus a slot once it is changed.
 */
#include "link.h"

#include "../creation.h"

Module *modules = NULL;

void fail(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fprintf(stderr, "linker: ");
	vfprintf(stderr, format, arguments);
	fprintf(stderr, "\n");
	va_end(arguments);
	exit(1);
}

/* ---- Modules ---- */

static void compile(txMachine *the, Module *module)
{
	txParser _parser, *parser = &_parser; /* XS's macros want these names */
	txParserJump jump;
	FILE *file = fopen(module->path, "rb");

	if (!file)
		fail("%s: %s", module->path, strerror(errno));
	fxInitializeParser(parser, the, 32 * 1024, 1993);
	parser->firstJump = &jump;
	if (c_setjmp(jump.jmp_buf) == 0) {
		parser->path = fxNewParserSymbol(parser, (txString)module->path);
		fxParserTree(parser, file, (txGetter)fgetc, mxCFlag, NULL); /* mxCFlag: allow @ "xs_name" */
		fxParserHoist(parser);
		fxParserBind(parser);
		module->script = fxParserCode(parser);
	}
	fclose(file);
	if (!module->script)
		fail("%s:%d: %s", module->path, (int)parser->line, parser->errorMessage ? parser->errorMessage : "does not compile");
	fxTerminateParser(parser);
}

/* The machine's identifiers for the script's own symbols. */
static txID *makeIdentifiers(txMachine *the, txScript *script)
{
	txByte *p = script->symbolsBuffer;
	txID count, *identifiers;
	mxDecodeID(p, count);
	identifiers = c_calloc(count, sizeof(txID));
	for (txID i = 1; i < count; i++) {
		identifiers[i] = fxNewNameC(the, (txString)p);
		p += mxStringLength((char *)p) + 1;
	}
	return identifiers;
}

/* Functions and strings are used in place. */
static txU1 archived(txU1 code)
{
	switch (code) {
	case XS_CODE_CODE_1: return XS_CODE_CODE_ARCHIVE_1;
	case XS_CODE_CODE_2: return XS_CODE_CODE_ARCHIVE_2;
	case XS_CODE_CODE_4: return XS_CODE_CODE_ARCHIVE_4;
	case XS_CODE_STRING_1: return XS_CODE_STRING_ARCHIVE_1;
	case XS_CODE_STRING_2: return XS_CODE_STRING_ARCHIVE_2;
	case XS_CODE_STRING_4: return XS_CODE_STRING_ARCHIVE_4;
	default: return code;
	}
}

/* Produces bytecode that runs in place: identifiers are the machine's, nothing is copied. */
static void linkCode(txScript *script, const txID *identifiers)
{
	txByte *p = script->codeBuffer, *end = p + script->codeSize;
	while (p < end) {
		const txU1 code = *(txU1 *)p;
		const txS1 size = gxCodeSizes[code];
		*(txU1 *)p = archived(code);
		if (0 < size)
			p += size;
		else if (0 == size) {
			txID id;
			p++;
			mxDecodeID(p, id);
			if (id != XS_NO_ID) {
				p -= sizeof(txID);
				id = identifiers[id];
				mxEncodeID(p, id);
			}
		} else if (-1 == size) {
			const txU1 count = *(txU1 *)(p + 1);
			p += 2 + count;
		} else if (-2 == size) {
			txU2 count;
			p++;
			mxDecode2(p, count);
			p += count;
		} else {
			txS4 count;
			p++;
			mxDecode4(p, count);
			p += count;
		}
	}
}

/* A count, then per native: parameters (-1: a destructor), a symbol, the name. */
static void linkNatives(Module *module, const txID *identifiers)
{
	txByte *p = module->script->hostsBuffer;
	txID count, id;
	if (!p)
		return;
	mxDecodeID(p, count);
	module->nativeCount = count;
	module->builders = c_calloc(count, sizeof(txHostFunctionBuilder));
	module->natives = c_calloc(count, sizeof(char *));
	for (txID i = 0; i < count; i++) {
		txHostFunctionBuilder *builder = module->builders + i;
		builder->length = *p++;
		mxDecodeID(p, id);
		builder->id = id ? identifiers[id] : XS_NO_ID;
		builder->callback = nativeCallback((char *)p);
		module->natives[i] = (char *)p;
		p += mxStringLength((char *)p) + 1;
	}
}

static void addModule(txMachine *the, Module *module)
{
	txID *identifiers;
	fxNewNameC(the, (txString)module->name);
	compile(the, module);
	identifiers = makeIdentifiers(the, module->script);
	linkCode(module->script, identifiers);
	linkNatives(module, identifiers);
	module->script->symbolsBuffer = NULL; /* nothing left to map */
	c_free(identifiers);
}

static Module *findModule(const char *name)
{
	Module *module = modules;
	while (module && strcmp(module->name, name))
		module = module->next;
	return module;
}

txID fxFindModule(txMachine *the, txSlot *realm, txID moduleID, txSlot *slot)
{
	txString specifier = fxToString(the, slot);
	return findModule(specifier) ? fxNewNameC(the, specifier) : XS_NO_ID;
}

static Module *resolving = NULL;

static void buildNatives(txMachine *the)
{
	fxBuildHosts(the, resolving->nativeCount, resolving->builders);
	mxPullSlot(mxResult);
}

void fxLoadModule(txMachine *the, txSlot *slot, txID moduleID)
{
	Module *module = findModule(fxGetKeyName(the, moduleID));
	module->preloaded = 1;
	module->script->callback = module->nativeCount ? buildNatives : NULL;
	resolving = module;
	fxResolveModule(the, slot, moduleID, module->script, C_NULL, C_NULL);
}

static void preload(txMachine *machine, const char *name)
{
	fxBeginHost(machine);
	{
		txMachine *the = machine;
		mxTry(the)
		{
			mxPushStringC((txString)name);
			fxAwaitImport(the, XS_IMPORT_NAMESPACE);
			mxPop();
		}
		mxCatch(the) { fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT); }
	}
	fxEndHost(machine);
}

/* ---- Immutable ---- */

static void freeze(txSlot *instance)
{
	if (!instance || (XS_INSTANCE_KIND != instance->kind))
		return;
	for (txSlot *property = instance->next; property; property = property->next) {
		if (XS_ARRAY_KIND == property->kind)
			for (txIndex i = 0; i < property->value.array.length; i++)
				property->value.array.address[i].flag |= XS_DONT_SET_FLAG | XS_DONT_DELETE_FLAG;
		if (XS_ACCESSOR_KIND != property->kind)
			property->flag |= XS_DONT_SET_FLAG;
		property->flag |= XS_DONT_DELETE_FLAG;
	}
	instance->flag |= XS_DONT_PATCH_FLAG;
}

static int isFrozen(txSlot *instance)
{
	if (!(instance->flag & XS_DONT_PATCH_FLAG))
		return 0;
	for (txSlot *property = instance->next; property; property = property->next)
		if (!(property->flag & XS_DONT_DELETE_FLAG) ||
			((XS_ACCESSOR_KIND != property->kind) && !(property->flag & XS_DONT_SET_FLAG)))
			return 0;
	return 1;
}

static void eachSlot(txMachine *the, void (*work)(txMachine *, txSlot *))
{
	for (txSlot *heap = the->firstHeap; heap; heap = heap->next)
		for (txSlot *slot = heap + 1; slot < heap->value.reference; slot++)
			work(the, slot);
}

/* A function and its constructor's prototype. */
static void freezeFunction(txMachine *the, txSlot *slot)
{
	txSlot *code = slot->next;
	if ((XS_INSTANCE_KIND != slot->kind) || !code || !(code->flag & XS_INTERNAL_FLAG))
		return;
	if ((XS_CALLBACK_KIND != code->kind) && (XS_CODE_KIND != code->kind) && (XS_CODE_X_KIND != code->kind))
		return;
	for (txSlot *property = code->next; property; property = property->next)
		if ((property->ID == mxID(_prototype)) && (XS_REFERENCE_KIND == property->kind))
			freeze(property->value.reference);
	freeze(slot);
}

static void freezeIntrinsics(txMachine *the, int from, int to)
{
	for (int i = from; i < to; i++) {
		txSlot *slot = the->stackTop - 1 - i;
		if (XS_REFERENCE_KIND == slot->kind)
			freeze(slot->value.reference);
	}
}

/* fxShareMachine without its aliases, which it numbers from 0 although 0 means none. */
static void share(txMachine *the)
{
	txSlot *realm = mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm;
	txSlot *own = mxOwnModules(realm)->value.reference, *target;
	for (txSlot *module = own->next; module; module = module->next)
		mxModuleInstanceInternal(module->value.reference)->value.module.realm = NULL;
	mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm = NULL;
	mxException.kind = XS_REFERENCE_KIND;
	mxException.value.reference = mxRealmClosures(realm)->value.reference;
	mxProgram.value.reference = own;
	target = fxNewInstance(the);
	for (txSlot *module = own->next; module; module = module->next) {
		target = target->next = fxNewSlot(the);
		target->ID = target->value.symbol = mxModuleInstanceInternal(module->value.reference)->value.module.id;
		target->kind = XS_SYMBOL_KIND;
	}
	mxPull(mxHosts);
	mxModuleQueue = mxUndefined;
	mxDuringJobs = mxUndefined;
	mxFinalizationRegistries = mxUndefined;
	mxPendingJobs = mxUndefined;
	mxRunningJobs = mxUndefined;
	mxUnhandledPromises = mxUndefined;
	mxBreakpoints = mxUndefined;
	mxHostInspectors = mxUndefined;
	mxInstanceInspectors = mxUndefined;
	fxCollectGarbage(the);
	the->aliasCount = 0;
}

/* ---- The machine ---- */

txMachine *linkMachine(char *const preloads[], int preloadCount)
{
	txCreation creation = {
		.initialChunkSize = 1 << 20,
		.incrementalChunkSize = 1 << 16,
		.initialHeapCount = 1 << 16,
		.incrementalHeapCount = 1 << 13,
		.stackCount = 4096,
		.initialKeyCount = 4096,
		.incrementalKeyCount = 512,
		.nameModulo = creationRV32.nameModulo,
		.symbolModulo = creationRV32.symbolModulo,
		.parserBufferSize = 32 * 1024,
		.parserTableModulo = 1993,
	};
	txMachine *the;
	txSize stackCount;

	the = fxCreateMachine(&creation, "linker", NULL, mxBaseProfileID);
	stackCount = (txSize)(the->stackTop - the->stack);
	for (Module *module = modules; module; module = module->next)
		addModule(the, module);
	for (int i = 0; i < preloadCount; i++)
		preload(the, preloads[i]);
	fxCollectGarbage(the);
	eachSlot(the, freezeFunction);
	freezeIntrinsics(the, mxObjectPrototypeStackIndex, mxEmptyCodeStackIndex);
	freezeIntrinsics(the, XS_SYMBOL_ID_COUNT, XS_INTRINSICS_COUNT);
	share(the);
	if (the->stackTop - the->stack != stackCount)
		fail("the machine's stack is unbalanced");

	/* what is not frozen may change at run time */
	for (txSlot *heap = the->firstHeap; heap; heap = heap->next)
		for (txSlot *slot = heap + 1; slot < heap->value.reference; slot++)
			if ((XS_INSTANCE_KIND == slot->kind) && isFrozen(slot))
				slot->flag |= XS_MARK_FLAG; /* emit() assigns no alias to marked instances */
	return the;
}
