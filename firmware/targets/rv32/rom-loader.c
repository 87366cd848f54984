/*
 * rom-loader.c - gives XS its modules: bytecode executed in place from ROM. There is no parser.
 */
#include "engine.h"

extern char __stack_bottom[];

enum { STACK_RESERVE = 512 }; /* with less native stack than this, XS stops with "stack overflow" */

char *fxCStackLimit(void) { return __stack_bottom + STACK_RESERVE; }

static txScript *findScript(txMachine *the, txString specifier)
{
	const txPreparation *preparation = the->preparation;
	for (txSize i = 0; i < preparation->scriptCount; i++)
		if (!c_strcmp(preparation->scripts[i].path, specifier))
			return preparation->scripts + i;
	return NULL;
}

txID fxFindModule(txMachine *the, txSlot *realm, txID moduleID, txSlot *slot)
{
	txString specifier = fxToString(the, slot);
	(void)realm;
	(void)moduleID;
	return findScript(the, specifier) ? fxNewNameC(the, specifier) : XS_NO_ID;
}

void fxLoadModule(txMachine *the, txSlot *module, txID moduleID)
{
	txScript *script = findScript(the, fxGetKeyName(the, moduleID));
	if (script)
		fxResolveModule(the, module, moduleID, script, C_NULL, C_NULL);
}

/* eval, new Function */
txScript *fxParseScript(txMachine *the, void *stream, txGetter getter, txUnsigned flags)
{
	(void)stream;
	(void)getter;
	(void)flags;
	mxUnknownError("no parser");
	return NULL;
}

void loaderClose(void) {}
