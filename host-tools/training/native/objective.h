// What training minimizes, as the head's kind understands it: the mean over samples, each counted by its weight.
#ifndef OBJECTIVE_H
#define OBJECTIVE_H

/** Most outputs that a head can have. */
enum { MAX_OUTPUTS = 1024 };

typedef struct {
	const void *targets;         // of the data set's rows; NULL: nothing is judged
	const double *weights;       // of targets; NULL: all the same
	double weight_sum;           // of the batch's samples
	double smoothing;            // fraction of a target that is spread over all outputs
	const float *teacher;        // (rows of the data set, outputs); NULL: none
	double distill, temperature; // with a teacher: its fraction of the loss
	double huber;                // of values: errors beyond it count linearly; 0: none do
} Objective;

#endif
