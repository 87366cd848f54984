/*
 * link.h - the host program that links JavaScript into ROM: link.c builds an XS machine with built-ins and modules and
 * makes it immutable, emit.c prints it as constant C. It runs on the computer that builds the firmware.
 */
#ifndef ESSM_LINK_H
#define ESSM_LINK_H

#include "xsAll.h"
#include "xsScript.h"

/* A module: its bytecode, and the native functions that it declares with @ "xs_name". */
typedef struct Module {
	struct Module *next;
	int index;
	const char *name;
	const char *path;
	txScript *script;
	txHostFunctionBuilder *builders; /* length -1: a destructor */
	const char **natives;
	int nativeCount;
	int preloaded;
} Module;

extern Module *modules;

/* Host functions that are one slot each: properties of built-in objects. */
enum { BUILDERS = 2048 };
extern txHostFunctionBuilder builders[BUILDERS];
extern int builderCount;

/* The machine of all `modules`, with those of the names in `preloads` run, immutable. */
txMachine *linkMachine(char *const preloads[], int preloadCount);

/* The C name of a host function, and whether it is one of a module's. Ends the program for an unknown address. */
const char *callbackName(txCallback callback);
void printNativeDeclarations(FILE *file);

/* Prints the machine; `creation` is what the device's machine is made with. */
void emit(txMachine *the, const txCreation *creation, FILE *file);

void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
