// The table of kinds; see operation.h.
#include "kinds.h"

#include <string.h>

#include "../operation.h"

#define DECLARED(name) extern const Kind kind_##name;
KINDS(DECLARED)

#define LISTED(name) &kind_##name,
static const Kind *const kinds[] = {KINDS(LISTED)};

enum { COUNT = sizeof kinds / sizeof *kinds };

const Kind *kind_at(int number) { return number >= 0 && number < COUNT ? kinds[number] : NULL; }

int kind_named(const char *name) {
	for (int i = 0; i < COUNT; i++)
		if (strcmp(kinds[i]->name, name) == 0) return i;
	return -1;
}
