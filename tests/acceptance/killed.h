/* The test of the process that is killed. */
#pragma once

void a_process_killed_at_any_moment_is_gone_on_with(void **state);
