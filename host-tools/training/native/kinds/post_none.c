// Post "post_none": nothing after the residual addition.
#include "../operation.h"

static Operation *open(Network *net, const Spec *spec) {
	(void)spec;
	return memory_take(&net->memory, sizeof(Operation));
}

const Kind kind_post_none = {.name = "post_none", .role = ROLE_POST, .open = open};
