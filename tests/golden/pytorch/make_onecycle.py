#!/usr/bin/env python3
"""make_onecycle.py > onecycle.txt: the rate of every step of PyTorch's OneCycleLR with its own defaults; a line is the
largest rate, the number of steps, `=`, the rates. tests/nnlib/test_schedule.c wants them within 1e-12 of the largest."""
import torch

print(f"# PyTorch {torch.__version__.split('+')[0]}")
for top, steps in [(0.1, 10), (0.05, 40), (1.0, 7), (0.003, 333)]:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=top, total_steps=steps)
    rates = []
    for _ in range(steps):
        rates.append(schedule.get_last_lr()[0])
        optimiser.step()
        if len(rates) < steps:
            schedule.step()
    print(top, steps, "=", *(f"{r:.17g}" for r in rates))
