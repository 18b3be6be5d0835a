"""Writes optimizer.json: a short training of PyTorch's AdamW with clipping and a schedule.

Gradients are drawn, not computed, so that the file tests the optimiser and nothing else.
Run from this folder: python3 optimizer.py
"""

import json
import warnings

import torch

warnings.filterwarnings("ignore")
torch.manual_seed(7)
STEPS, WARM_UP, PEAK, FINAL = 8, 3, 0.05, 0.1
shapes = {"weight": [3, 3], "bias": [2]}
parameters = {name: torch.nn.Parameter(torch.randn(shape)) for name, shape in shapes.items()}
optimizer = torch.optim.AdamW(
    parameters.values(), lr=PEAK, betas=(0.9, 0.98), eps=1e-8, weight_decay=0.1
)
schedule = torch.optim.lr_scheduler.SequentialLR(
    optimizer,
    [
        torch.optim.lr_scheduler.LinearLR(optimizer, 1 / WARM_UP, 1.0, WARM_UP - 1),
        torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS - WARM_UP, PEAK * FINAL),
    ],
    [WARM_UP],
)


def values():
    return {name: p.detach().flatten().tolist() for name, p in parameters.items()}


result = {
    "shapes": shapes,
    "warmUpSteps": WARM_UP,
    "totalSteps": STEPS,
    "peak": PEAK,
    "finalFraction": FINAL,
    "maximumNorm": 3.0,
    "initial": values(),
    "steps": [],
}
for step in range(STEPS):
    # Lengths on both sides of the clipping norm.
    for p in parameters.values():
        p.grad = torch.randn_like(p) * (0.2 + step / 4)
    gradients = {name: p.grad.flatten().tolist() for name, p in parameters.items()}
    norm = torch.nn.utils.clip_grad_norm_(parameters.values(), result["maximumNorm"]).item()
    rate = optimizer.param_groups[0]["lr"]
    optimizer.step()
    schedule.step()
    result["steps"].append(
        {"gradients": gradients, "norm": norm, "rate": rate, "parameters": values()}
    )

with open("optimizer.json", "w") as file:
    json.dump(result, file, indent=1)
    file.write("\n")
