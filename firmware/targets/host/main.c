/*
 * main.c - the command line of the desktop target: modules, machine size, and the files that act as hardware.
 *
 *   edge-ssm-host [options] --module main=FILE
 *
 * Exit codes: 0 when the application has nothing left to do (end of input on its serial port), 2 for a wrong command line,
 * 64 + XS status when XS gave up (engine.h), 81 when the --watchdog fired, 90 on a --power-cut.
 */
#include "creation.h"
#include "engine.h"
#include "options.h"

#include <getopt.h>
#include <signal.h>
#include <sys/time.h>

enum { MODULES = 32 };

static ModuleFile modules[MODULES + 1];
const ModuleFile *moduleFiles = modules;

static const char usage[] =
	"edge-ssm-host [options] --module main=FILE\n"
	"  --module SPECIFIER=FILE       a JavaScript module; main's default export is called\n"
	"  --flash FILE                  the flash, 4 MB; made when it does not exist\n"
	"  --partition NAME=OFFSET,LENGTH\n"
	"  --power-cut BYTES             lose power after so many bytes written to or erased from flash\n"
	"  --reset-cause CAUSE           how the run before ended: \"crash\" or \"watchdog reset\"\n"
	"  --watchdog MILLISECONDS       end when the application computes for so long without returning to the event loop\n"
	"  --serial stdio|unix:PATH|pty:PATH\n"
	"  --set NAME=NUMBER             creation parameter: chunk, chunk-increment (bytes), heap, heap-increment, stack (slots),\n"
	"                                keys, keys-increment\n"
	"  --memory-limit BYTES          for slots, chunks and stack together; 0: none\n"
	"  --statistics                  print the machine's memory at the end\n";

static void refuse(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n%s", what, why, usage);
	exit(2);
}

static unsigned long long toNumber(const char *text)
{
	char *end;
	unsigned long long number = strtoull(text, &end, 0);
	if ((end == text) || *end || ('-' == *text))
		refuse(text, "is not a number");
	return number;
}

/* Splits "name=value" at the sign and returns the value. */
static char *split(char *text)
{
	char *equal = strchr(text, '=');
	if (!equal)
		refuse(text, "lacks a \"=\"");
	*equal = 0;
	return equal + 1;
}

static void addModule(char *text)
{
	static int count = 0;
	char *path = split(text);
	if (MODULES == count)
		refuse(text, "too many modules");
	modules[count++] = (ModuleFile){text, path};
}

static void setParameter(txCreation *creation, char *text)
{
	const struct {
		const char *name;
		txSize *value;
	} parameters[] = {
		{"chunk", &creation->initialChunkSize},
		{"chunk-increment", &creation->incrementalChunkSize},
		{"heap", &creation->initialHeapCount},
		{"heap-increment", &creation->incrementalHeapCount},
		{"stack", &creation->stackCount},
		{"keys", &creation->initialKeyCount},
		{"keys-increment", &creation->incrementalKeyCount},
	};
	char *value = split(text);
	for (size_t i = 0; i < sizeof(parameters) / sizeof(*parameters); i++) {
		if (!strcmp(parameters[i].name, text)) {
			*parameters[i].value = (txSize)toNumber(value);
			return;
		}
	}
	refuse(text, "is not a creation parameter");
}

static const char *resetCause = NULL;

const char *optionResetCause(void) { return resetCause; }

static struct itimerval watchdog; /* of the processor's time; 0: none */

static void fireWatchdog(int number)
{
	(void)number;
	_exit(EXIT_WATCHDOG);
}

void engineTurn(void)
{
	if (watchdog.it_value.tv_sec || watchdog.it_value.tv_usec)
		setitimer(ITIMER_PROF, &watchdog, NULL);
}

static void setWatchdog(unsigned long long milliseconds)
{
	watchdog.it_value.tv_sec = (time_t)(milliseconds / 1000);
	watchdog.it_value.tv_usec = (suseconds_t)(milliseconds % 1000 * 1000);
	signal(SIGPROF, fireWatchdog);
}

txMachine *engineMachine(const txCreation *creation)
{
	return fxCreateMachine((txCreation *)creation, "edge-ssm", NULL, mxBaseProfileID);
}

int main(int count, char *arguments[])
{
	static const struct option options[] = {
		{"module", required_argument, NULL, 'm'},
		{"flash", required_argument, NULL, 'f'},
		{"partition", required_argument, NULL, 'p'},
		{"power-cut", required_argument, NULL, 'c'},
		{"reset-cause", required_argument, NULL, 'r'},
		{"watchdog", required_argument, NULL, 'w'},
		{"serial", required_argument, NULL, 's'},
		{"set", required_argument, NULL, 'x'},
		{"memory-limit", required_argument, NULL, 'l'},
		{"statistics", no_argument, NULL, 'i'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	txCreation creation = creationDefaults;
	size_t memoryLimit = MEMORY_LIMIT;
	int statistics = 0;
	int option;

	while ((option = getopt_long(count, arguments, "h", options, NULL)) != -1) {
		switch (option) {
		case 'm': addModule(optarg); break;
		case 'f': flashOpen(optarg); break;
		case 'p': flashAddPartition(optarg); break;
		case 'c': flashCutPower(toNumber(optarg)); break;
		case 'r': resetCause = optarg; break;
		case 'w': setWatchdog(toNumber(optarg)); break;
		case 's': serialOpen(optarg); break;
		case 'x': setParameter(&creation, optarg); break;
		case 'l': memoryLimit = (size_t)toNumber(optarg); break;
		case 'i': statistics = 1; break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	if (optind < count)
		refuse(arguments[optind], "is not an option");

	signal(SIGPIPE, SIG_IGN); /* a closed reader ends the serial port */
	atexit(serialClose);
	engineRun(&creation, memoryLimit, statistics);
	return 0;
}
