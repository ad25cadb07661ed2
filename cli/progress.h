/* progress.h: a line on the terminal's stderr that says how many rows a job has read and how fast. */
#pragma once

struct progress;
struct session;

/* Starts a thread that watches the session; NULL when stderr is no terminal. */
struct progress *progress_start(struct session *session);
void progress_stop(struct progress *progress); /* removes the line; accepts NULL */
