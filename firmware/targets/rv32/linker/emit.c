/*
 * emit.c - prints a machine as constant C: the heap's slots, the stack, keys, names, bytecode and host function tables,
 * together one txPreparation, which fxPrepareMachine takes at boot.
 */
#include "link.h"

static FILE *out;

/* ---- Live slots, in order of address: heap[i + 1] of the ROM is live[i] ---- */

static txSlot **live;
static int liveCount;

static void address(txSlot *slot)
{
	txSlot **found = slot ? bsearch(&slot, live, (size_t)liveCount, sizeof(txSlot *), byAddress) : NULL;
	if (slot && !found)
		fail("a slot of kind %d is not in the heap", slot->kind);
	if (slot)
		fprintf(out, "H(%d)", (int)(found - live) + 1);
	else
		fprintf(out, "0");
}

/* ---- Aliases start at 1; a slot without one never changes ---- */

static void giveAlias(txMachine *the, txSlot *slot)
{
	if (XS_INSTANCE_KIND == slot->kind)
		slot->ID = (slot->flag & XS_MARK_FLAG) ? XS_NO_ID : (txID)++the->aliasCount;
	else if (XS_CLOSURE_KIND == slot->kind) {
		txSlot *closure = slot->value.closure;
		if (closure->flag & XS_DONT_SET_FLAG)
			closure->flag |= XS_DONT_DELETE_FLAG;
		else {
			if (XS_NO_ID == closure->ID)
				closure->ID = (txID)++the->aliasCount;
			slot->flag &= ~XS_DONT_SET_FLAG;
		}
	}
	slot->flag |= XS_MARK_FLAG;
}

/* ---- Data outside slots: arrays of slots, bytes of buffers and big integers ---- */

typedef struct {
	void *address;
	int size; /* slots of an array, else bytes */
	int isArray;
	int printed;
} Data;

enum { DATA = 4096 };
static Data data[DATA];
static int dataCount = 0;

static int dataIndex(void *place, int size, int isArray)
{
	int i = 0;
	while ((i < dataCount) && (data[i].address != place))
		i++;
	if (DATA == i)
		fail("too many arrays");
	if (i == dataCount)
		data[dataCount++] = (Data){place, size, isArray, 0};
	return i;
}

static int chunkBytes(void *place)
{
	return (int)(((txChunk *)((txByte *)place - sizeof(txChunk)))->size - (txSize)sizeof(txChunk));
}

/* ---- Values ---- */

static void string(const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		const unsigned char c = (unsigned char)*text;
		if ((c < ' ') || (c > '~') || strchr("\"\\?", c))
			fprintf(out, "\\%03o", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void number(double value)
{
	if (isnan(value))
		fprintf(out, "C_NAN");
	else if (isinf(value))
		fprintf(out, "%sC_INFINITY", value < 0 ? "-" : "");
	else
		fprintf(out, "%a", value);
}

static void code(txByte *place)
{
	if (place == (txByte *)gxNoCode) {
		fprintf(out, "(txByte *)gxNoCode");
		return;
	}
	for (Module *module = modules; module; module = module->next) {
		txByte *start = module->script->codeBuffer;
		if ((start <= place) && (place < start + module->script->codeSize)) {
			fprintf(out, "(txByte *)&code%d[%d]", module->index, (int)(place - start));
			return;
		}
	}
	fail("a function's code is in no module");
}

static void builder(const txHostFunctionBuilder *place)
{
	if ((builders <= place) && (place < builders + builderCount)) {
		fprintf(out, "&builders[%d]", (int)(place - builders));
		return;
	}
	for (Module *module = modules; module; module = module->next)
		if ((module->builders <= place) && (place < module->builders + module->nativeCount)) {
			fprintf(out, "&natives%d[%d]", module->index, (int)(place - module->builders));
			return;
		}
	fail("a host function is in no table");
}

static void pair(const char *name, txSlot *first, txSlot *second)
{
	fprintf(out, ".%s = { ", name);
	address(first);
	fprintf(out, ", ");
	address(second);
	fprintf(out, " }");
}

static void array(txSlot *slot)
{
	txSlot *items = slot->value.array.address;
	if (items)
		fprintf(out, ".array = { (txSlot *)&data%d[1], %d }", dataIndex(items, (int)slot->value.array.length, 1),
			(int)slot->value.array.length);
	else
		fprintf(out, ".array = { 0, %d }", (int)slot->value.array.length);
}

static void value(txSlot *slot)
{
	switch (slot->kind) {
	/* clang-format off */
	case XS_UNINITIALIZED_KIND: case XS_UNDEFINED_KIND: case XS_NULL_KIND: case XS_VAR_KIND: case XS_WEAK_MAP_KIND:
	case XS_WEAK_SET_KIND: case XS_WEAK_REF_KIND: case XS_FINALIZATION_REGISTRY_KIND: case XS_FINALIZATION_CELL_KIND: break;
	/* clang-format on */
	case XS_BOOLEAN_KIND: fprintf(out, ".boolean = %d", slot->value.boolean); break;
	case XS_INTEGER_KIND:
	case XS_PROMISE_KIND: fprintf(out, ".integer = %d", (int)slot->value.integer); break;
	case XS_NUMBER_KIND:
	case XS_DATE_KIND: fprintf(out, ".number = "), number(slot->value.number); break;
	case XS_STRING_KIND:
	case XS_STRING_X_KIND: fprintf(out, ".string = "), string(slot->value.string); break;
	case XS_SYMBOL_KIND: fprintf(out, ".symbol = %d", slot->value.symbol); break;
	case XS_KEY_KIND:
	case XS_KEY_X_KIND:
		fprintf(out, ".key = { "), string(slot->value.key.string), fprintf(out, ", 0x%x }", slot->value.key.sum);
		break;
	case XS_BIGINT_KIND:
	case XS_BIGINT_X_KIND:
		fprintf(out, ".bigint = { .data = (txU4 *)data%d, .size = %d, .sign = %d }",
			dataIndex(slot->value.bigint.data, 4 * slot->value.bigint.size, 0), slot->value.bigint.size,
			slot->value.bigint.sign);
		break;
	case XS_REFERENCE_KIND: fprintf(out, ".reference = "), address(slot->value.reference); break;
	case XS_CLOSURE_KIND: fprintf(out, ".closure = "), address(slot->value.closure); break;
	case XS_INSTANCE_KIND: pair("instance", NULL, slot->value.instance.prototype); break;
	case XS_ARGUMENTS_SLOPPY_KIND:
	case XS_ARGUMENTS_STRICT_KIND:
	case XS_ARRAY_KIND:
	case XS_STACK_KIND: array(slot); break;
	case XS_ARRAY_BUFFER_KIND:
		/* created while a preloaded module ran, such as a table: read-only in ROM */
		if (slot->value.arrayBuffer.address)
			fprintf(out, ".arrayBuffer = { (txByte *)data%d, 0 }",
				dataIndex(slot->value.arrayBuffer.address, chunkBytes(slot->value.arrayBuffer.address), 0));
		break;
	case XS_BUFFER_INFO_KIND:
		fprintf(out, ".bufferInfo = { %d, %d }", slot->value.bufferInfo.length, slot->value.bufferInfo.maxLength);
		break;
	case XS_CALLBACK_KIND:
	case XS_CALLBACK_X_KIND:
		fprintf(out, ".callback = { (txCallback)%s, ", callbackName(slot->value.callback.address));
		address(slot->value.callback.closures), fprintf(out, " }");
		break;
	case XS_CODE_KIND:
	case XS_CODE_X_KIND:
		fprintf(out, ".code = { "), code(slot->value.code.address);
		fprintf(out, ", "), address(slot->value.code.closures), fprintf(out, " }");
		break;
	case XS_HOST_KIND:
		if (slot->value.host.data)
			fail("a preloaded module holds native data");
		fprintf(out, ".host = { 0, { (void *)%s } }",
			slot->value.host.variant.destructor ? callbackName((txCallback)slot->value.host.variant.destructor) : "0");
		break;
	case XS_HOST_FUNCTION_KIND:
		fprintf(out, ".hostFunction = { "), builder(slot->value.hostFunction.builder);
		fprintf(out, ", %d }", slot->value.hostFunction.profileID);
		break;
	case XS_MODULE_KIND:
	case XS_PROGRAM_KIND:
		fprintf(out, ".module = { "), address(slot->value.module.realm), fprintf(out, ", %d }", slot->value.module.id);
		break;
	case XS_TYPED_ARRAY_KIND:
		fprintf(out, ".typedArray = { (txTypeDispatch *)&gxTypeDispatches[%d], (txTypeAtomics *)&gxTypeAtomics[%d] }",
			(int)(slot->value.typedArray.dispatch - gxTypeDispatches), (int)(slot->value.typedArray.atomics - gxTypeAtomics));
		break;
	case XS_DATA_VIEW_KIND:
		fprintf(out, ".dataView = { %d, %d }", slot->value.dataView.offset, slot->value.dataView.size);
		break;
	case XS_REGEXP_KIND:
		if (slot->value.regexp.code)
			fail("a preloaded module holds a regular expression");
		break;
	case XS_ERROR_KIND:
		fprintf(out, ".error = { "), address(slot->value.error.info), fprintf(out, ", %d }", slot->value.error.which);
		break;
	case XS_PROXY_KIND: pair("proxy", slot->value.proxy.handler, slot->value.proxy.target); break;
	case XS_ACCESSOR_KIND: pair("accessor", slot->value.accessor.getter, slot->value.accessor.setter); break;
	case XS_HOME_KIND: pair("home", slot->value.home.object, slot->value.home.module); break;
	case XS_EXPORT_KIND: pair("export", slot->value.export.closure, slot->value.export.module); break;
	case XS_LIST_KIND: pair("list", slot->value.list.first, slot->value.list.last); break;
	case XS_PRIVATE_KIND: pair("private", slot->value.private.check, slot->value.private.first); break;
	default: fail("a value of kind %d cannot be in ROM", slot->kind);
	}
}

/* Kinds whose value the collector would look up among chunks have twins for values outside. */
static int romKind(int kind)
{
	switch (kind) {
	case XS_STRING_KIND: return XS_STRING_X_KIND;
	case XS_KEY_KIND: return XS_KEY_X_KIND;
	case XS_BIGINT_KIND: return XS_BIGINT_X_KIND;
	case XS_CODE_KIND: return XS_CODE_X_KIND;
	case XS_CALLBACK_KIND: return XS_CALLBACK_X_KIND;
	default: return kind;
	}
}

static void rest(txSlot *slot)
{
	fprintf(out, ", {{ %d, (txFlag)%d, %d }}, .value = { ", romKind(slot->kind), (txU1)(slot->flag | XS_MARK_FLAG), slot->ID);
	value(slot);
	fprintf(out, " } },\n");
}

static void slot(txSlot *slot)
{
	fprintf(out, "\t{ .next = ");
	address(slot->next);
	rest(slot);
}

/* An array item, which holds its index where other slots hold the next pointer. */
static void item(txSlot *slot)
{
	fprintf(out, "\t{ .next = (txSlot *)%u", (unsigned)*(txIndex *)slot);
	rest(slot);
}

/* ---- Tables ---- */

static void printData(void)
{
	int again;
	do { /* items of arrays may be arrays */
		again = 0;
		for (int i = 0; i < dataCount; i++) {
			if (data[i].printed)
				continue;
			data[i].printed = again = 1;
			if (data[i].isArray) {
				txSlot *items = data[i].address;
				/* XS reads the size of an array's chunk from the end of item -1 */
				fprintf(out,
					"static const txSlot data%d[%d] = {\n\t{ .value = { .bufferInfo = { %d * (int)sizeof(txSlot), 0 } } },\n",
					i, data[i].size + 1, data[i].size);
				for (int k = 0; k < data[i].size; k++)
					item(items + k);
			} else {
				const txU1 *bytes = data[i].address;
				fprintf(out, "static const txU1 data%d[%d] __attribute__((aligned(8))) = {\n\t", i, data[i].size);
				for (int k = 0; k < data[i].size; k++)
					fprintf(out, "%d,", bytes[k]);
			}
			fprintf(out, "};\n");
		}
	} while (again);
}

static void printModule(Module *module)
{
	const txU1 *bytes = (const txU1 *)module->script->codeBuffer;
	fprintf(out, "static const txU1 code%d[%d] = {\n\t", module->index, (int)module->script->codeSize);
	for (txSize i = 0; i < module->script->codeSize; i++)
		fprintf(out, "%d,", bytes[i]);
	fprintf(out, "\n};\n");
	if (!module->nativeCount)
		return;
	fprintf(out, "static const txHostFunctionBuilder natives%d[%d] = {\n", module->index, module->nativeCount);
	for (int i = 0; i < module->nativeCount; i++)
		fprintf(out, "\t{ (txCallback)%s, %d, %d },\n", module->natives[i], (int)module->builders[i].length,
			module->builders[i].id);
	fprintf(out, "};\nstatic void bind%d(txMachine *the)\n{\n\tfxBuildHosts(the, %d, natives%d);\n\tmxPullSlot(mxResult);\n}\n",
		module->index, module->nativeCount, module->index);
}

static void printTable(const char *name, txSlot **slots, int count)
{
	fprintf(out, "static const txSlot *const %s[%d] = {\n\t", name, count);
	for (int i = 0; i < count; i++)
		address(slots[i]), fprintf(out, ", ");
	fprintf(out, "\n};\n");
}

static void printScripts(void)
{
	fprintf(out, "static const txScript scripts[] = {\n");
	for (Module *module = modules; module; module = module->next) {
		fprintf(out, "\t{ ");
		if (module->nativeCount && !module->preloaded)
			fprintf(out, "bind%d", module->index);
		else
			fprintf(out, "0");
		fprintf(out, ", 0, 0, (txS1 *)code%d, %d, 0, 0, ", module->index, (int)module->script->codeSize);
		string(module->name);
		fprintf(out, ", { XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION, 0 } },\n");
	}
	fprintf(out, "};\n");
}

void emit(txMachine *the, const txCreation *creation, FILE *file)
{
	const int stackCount = (int)(the->stackTop - the->stack);
	FILE *body = tmpfile();
	int c;

	live = liveSlots(the, &liveCount);
	for (int i = 0; i < liveCount; i++)
		giveAlias(the, live[i]);
	for (txSlot *s = the->stack; s < the->stackTop; s++)
		giveAlias(the, s);

	/* print slots first: that finds the data that must precede them */
	out = body;
	fprintf(
		out, "static const txSlot heap[%d] = {\n\t{ .next = 0, .value = { .reference = H(%d) } },\n", liveCount + 1, liveCount);
	for (int i = 0; i < liveCount; i++)
		slot(live[i]);
	fprintf(out, "};\nstatic const txSlot stack[%d] = {\n", stackCount);
	for (txSlot *s = the->stack; s < the->stackTop; s++)
		slot(s);
	fprintf(out, "};\n");

	out = file;
	fprintf(out,
		"/* Generated by firmware/targets/rv32/linker: built-ins and modules as constants. */\n#include \"xsAll.h\"\n#include "
		"\"xsScript.h\"\n");
	printNativeDeclarations(out);
	fprintf(out, "static const txSlot heap[%d];\n#define H(N) (txSlot *)&heap[N]\n", liveCount + 1);
	fprintf(out, "static const txHostFunctionBuilder builders[%d] = {\n", builderCount);
	for (int i = 0; i < builderCount; i++)
		fprintf(out, "\t{ %s, %d, %d },\n", callbackName(builders[i].callback), (int)builders[i].length, builders[i].id);
	fprintf(out, "};\n");
	for (Module *module = modules; module; module = module->next)
		printModule(module);
	printData();
	rewind(body);
	while ((c = fgetc(body)) != EOF)
		fputc(c, out);
	fclose(body);
	printTable("keys", the->keyArray, the->keyIndex);
	printTable("names", the->nameTable, the->nameModulo);
	printTable("symbols", the->symbolTable, the->symbolModulo);
	printScripts();
	fprintf(out,
		"const txPreparation preparation = {\n"
		"\t.version = { XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION, 0 },\n"
		"\t.aliasCount = %d,\n\t.heapCount = %d,\n\t.heap = (txSlot *)heap,\n\t.stackCount = %d,\n\t.stack = (txSlot *)stack,\n"
		"\t.keyCount = %d,\n\t.keys = (txSlot **)keys,\n\t.nameModulo = %d,\n\t.names = (txSlot **)names,\n"
		"\t.symbolModulo = %d,\n\t.symbols = (txSlot **)symbols,\n"
		"\t.scriptCount = sizeof(scripts) / sizeof(*scripts),\n\t.scripts = (txScript *)scripts,\n\t.profileID = %d,\n"
		"\t.creation = { %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, 0 },\n\t.main = \"main\",\n};\n",
		the->aliasCount + 1, liveCount + 1, stackCount, the->keyIndex, (int)the->nameModulo, (int)the->symbolModulo,
		the->profileID, (int)creation->initialChunkSize, (int)creation->incrementalChunkSize, (int)creation->initialHeapCount,
		(int)creation->incrementalHeapCount, (int)creation->stackCount, (int)creation->initialKeyCount,
		(int)creation->incrementalKeyCount, (int)creation->nameModulo, (int)creation->symbolModulo,
		(int)creation->parserBufferSize, (int)creation->parserTableModulo);
}
