"""All rows of `parity`."""

from __future__ import annotations

import attention_rows
import function_rows
import layer_rows
import loss_rows
import sequence_rows

ROWS = [*layer_rows.ROWS, *loss_rows.ROWS, *function_rows.ROWS, *sequence_rows.ROWS, *attention_rows.ROWS]
