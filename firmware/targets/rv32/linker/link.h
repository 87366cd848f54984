/*
 * link.h - the host program that links JavaScript into ROM: link.c builds an XS machine with built-ins and modules and
 * makes it immutable, hosts.c knows its host functions, emit.c prints it as constant C. It runs on the computer that builds the firmware.
 */
#ifndef ESSM_LINK_H
#define ESSM_LINK_H

#include "xsAll.h"
#include "xsScript.h"

/* A module: its bytecode, and the native functions it declares with @ "xs_name". */
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

/* Host functions that take one slot each: properties of built-in objects. */
enum { BUILDERS = 2048 };
extern txHostFunctionBuilder builders[BUILDERS];
extern int builderCount;

/* Builds an immutable machine from `modules`, after running those named in `preloads`. */
txMachine *linkMachine(char *const preloads[], int preloadCount);

/* The C name of a host function, and whether it belongs to a module. Exits on an unknown address. */
const char *callbackName(txCallback callback);
/* The stand-in address of the host function that is called `name` in C. Exits when there are too many. */
txCallback nativeCallback(const char *name);
void printNativeDeclarations(FILE *file);

/* Slots in use, in order of address; the caller frees the array. */
txSlot **liveSlots(txMachine *the, int *count);
/* Compares two elements of that array, for qsort and bsearch. */
int byAddress(const void *a, const void *b);

/* Prints the machine as C; `creation` holds the sizes of the device's machine. */
void emit(txMachine *the, const txCreation *creation, FILE *file);

void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
