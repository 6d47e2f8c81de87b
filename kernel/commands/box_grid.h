/* box_grid.h - grids of numbers as objects of the language.
 *
 *     dsl_session_new(&(dsl_config){.grid_class = &cmd_grid_class, …}, &session, err);
 *
 * All is as with dsl_class_grid, whose payload it has too, but that it is shown as a drawing, with the same numbers as
 * text. */
#ifndef CMD_BOX_GRID_H
#define CMD_BOX_GRID_H

#include "kernel/commands/workbench.h"

extern const dsl_class cmd_grid_class;

#endif
