"""Times Headlight beside what a user would otherwise run, in turn, and prints ratios of medians.

Needs Python with what `Benchmarks/requirements.txt` names, and the programs built:

    swift build -c release
    python Benchmarks/compare.py [--quick] [--threads N] [--smollm2 DIR] [NAME ...]

A row each: what, our median, the peer's median, ours / peer's, the most it should be, and how many
pairs were taken. Both sides use the same number of threads, all cores unless told otherwise. `--quick`
takes two pairs of each instead of five, and one when four minutes have passed, so that all of it ends
in ten. Generation is timed with SmolLM2-135M in a directory that `Scripts/smollm2.py` made,
and left out where there is none.

Threads that wait by spinning lose all their time when anything else wants a core: a pair in which
either side takes three times its usual is said, and timed again.
"""
import argparse, json, os, statistics, subprocess, sys, tempfile, time

BIN = os.path.join(os.path.dirname(__file__), "..", ".build", "release")
SMALL = "vocab_size=32128,d_model=512,d_kv=64,d_ff=1024,num_layers=8,num_heads=6," \
    "feed_forward_proj='gated-gelu',tie_word_embeddings=False,decoder_start_token_id=0"


def limit_threads(count):
    """Every library that either side computes with reads one of these when it starts."""
    for name in ["HEADLIGHT_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                 "RAYON_NUM_THREADS"]:
        os.environ[name] = str(count)


def wall(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def peak(command):
    """The most memory that a program held at once, in MiB; a number stands for itself."""
    if isinstance(command, float):
        return command
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise subprocess.CalledProcessError(status, command)
    return usage.ru_maxrss / 1024


def printed(command):
    """The milliseconds a program prints after the word 'median'."""
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(out.split("median")[1].split()[0]) / 1e3


def python(code):
    return [sys.executable, "-W", "ignore", "-c", code]


def program(name, *arguments):
    return [os.path.join(BIN, name), *arguments]


FORWARD = f"""
import torch, time, statistics, transformers as tf, logging
logging.disable(logging.WARNING); torch.set_grad_enabled(False)
m = tf.T5ForConditionalGeneration(tf.T5Config({SMALL})).eval()
m.set_attn_implementation('eager')
x = torch.randint(3, 30000, (1, 12)); y = torch.randint(3, 30000, (1, 9)); ts = []
for _ in range(12):
    a = time.perf_counter(); m(input_ids=x, decoder_input_ids=y, output_attentions=True)
    ts.append((time.perf_counter() - a) * 1e3)
print('median', statistics.median(ts[2:]))
"""
# Without dropout, which Headlight does not have.
STEP = """
import torch, time, statistics, transformers as tf, logging
logging.disable(logging.WARNING)
m = tf.GPT2LMHeadModel(tf.GPT2Config(vocab_size={vocabulary}, n_positions=256, n_embd=128, n_layer=6,
  n_head={heads}, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0)).train()
x = torch.randint(0, {vocabulary}, ({rows}, {length})); ts = []
o = torch.optim.AdamW(m.parameters(), lr=1e-3)
for _ in range(13):
    a = time.perf_counter(); o.zero_grad(); m(input_ids=x, labels=x).loss.backward(); o.step()
    ts.append((time.perf_counter() - a) * 1e3)
print('median', statistics.median(ts[3:]))
"""
# Every activation of a decoder of GPT-2's kind, as TransformerLens's users get it.
TRACE = """
import torch, time, statistics, warnings, logging
warnings.filterwarnings('ignore'); logging.disable(logging.WARNING)
from transformer_lens import HookedTransformer, HookedTransformerConfig
torch.set_grad_enabled(False)
n, h, d, v = {shape}
m = HookedTransformer(HookedTransformerConfig(n_layers=n, n_heads=h, d_model=d, d_head=d // h,
  d_vocab=v, n_ctx=256, act_fn='gelu_new', normalization_type='LN', device='cpu'))
x = torch.randint(0, v, ({rows}, {length})); ts = []
for _ in range({runs} + 2):
    a = time.perf_counter(); m.run_with_cache(x); ts.append((time.perf_counter() - a) * 1e3)
print('median', statistics.median(ts[2:]))
"""
# A run of every sentence, and the idiom score, the literal score and the attribution of every head.
SPANS = """
import torch, time, warnings, logging
warnings.filterwarnings('ignore'); logging.disable(logging.WARNING)
from transformer_lens import HookedTransformer, HookedTransformerConfig
torch.set_grad_enabled(False); torch.manual_seed(1)
m = HookedTransformer(HookedTransformerConfig(n_layers=6, n_heads=4, d_model=128, d_head=32,
  d_vocab=50304, n_ctx=128, act_fn='gelu_new', normalization_type='LN', device='cpu'))
m.set_use_attn_result(True)
sentences = torch.randint(3, 50000, (1000, 20)); span = [8, 9, 10]
rest = [i for i in range(20) if i not in span]
touch = torch.zeros(20, 20, dtype=torch.bool); touch[span] = True; touch[:, span] = True
lower = torch.tril(torch.ones(20, 20, dtype=torch.bool))
start = time.perf_counter()
for tokens in sentences:
    logits, cache = m.run_with_cache(tokens[None])
    for pairs, rows in ((touch & lower, span), (~touch & lower, rest)):
        for layer in range(6):
            a = cache['pattern', layer][0]; result = cache['result', layer][0]
            for head in range(4):
                w = a[head][pairs]
                parts = (w.mean(), w.std(), (a[head] * pairs).max(-1).values.mean(),
                  a[head][rows][:, rows].sum(-1).mean(), result[rows, head].mean())
    scaled = cache.apply_ln_to_stack(cache.stack_head_results(), layer=-1)[:, 0]
    direct = torch.einsum('cpd,dp->cp', scaled[:, :-1], m.W_U[:, tokens[1:]])
    greedy = logits[0, 9].argmax() == tokens[10]
print('median', (time.perf_counter() - start) * 1e3)
"""
GPT2, LITTLE = (12, 12, 768, 50257), (6, 8, 128, 2000)
GRADIENTS = f"""
import torch, time, statistics, transformers as tf, logging
from captum.attr import IntegratedGradients
logging.disable(logging.WARNING)
m = tf.T5ForConditionalGeneration(tf.T5Config({SMALL})).eval(); m.set_attn_implementation('eager')
x = torch.randint(3, 30000, (1, 12)); y = torch.randint(3, 30000, (1, 9)); ts = []
e = m.shared(x).detach(); d = m.shared(y).detach()
def f(e):
    return m(inputs_embeds=e, decoder_inputs_embeds=d.expand(len(e), -1, -1)).logits[:, 8, 7]
for _ in range(6):
    a = time.perf_counter()
    IntegratedGradients(f).attribute(e, n_steps=64, return_convergence_delta=True)
    ts.append((time.perf_counter() - a) * 1e3)
print('median', statistics.median(ts[1:]))
"""
# 40 tokens, the most probable each time, in the faster of the two precisions.
PROMPT = "6403,1980,253,655,28,281,253,1165,6560,411,260,3426,28"
GENERATION = """
import torch, time, statistics, transformers as tf, logging
logging.disable(logging.WARNING); torch.set_grad_enabled(False)
x = torch.tensor([[{prompt}]]); medians = []
for dtype in (torch.float32, torch.bfloat16):
    m = tf.AutoModelForCausalLM.from_pretrained('{model}', dtype=dtype).eval(); ts = []
    for _ in range(4):
        a = time.perf_counter()
        m.generate(x, attention_mask=torch.ones_like(x), max_new_tokens=40, min_new_tokens=40,
          do_sample=False)
        ts.append((time.perf_counter() - a) * 1e3)
    medians.append(statistics.median(ts[1:]))
print('median', min(medians))
"""
FIRST_TOKEN = """
import torch, transformers as tf, logging
logging.disable(logging.WARNING); torch.set_grad_enabled(False)
m = tf.AutoModelForCausalLM.from_pretrained('{model}', dtype=torch.{dtype}).eval()
x = torch.tensor([[{prompt}]])
m.generate(x, attention_mask=torch.ones_like(x), max_new_tokens=1, do_sample=False)
"""
PICTURE = """
import torch, transformers as tf
from bertviz import model_view
m = tf.T5ForConditionalGeneration.from_pretrained('{directory}').eval()
m.set_attn_implementation('eager')
x = torch.tensor([[{source}]]); y = torch.tensor([[{target}]])
o = m(input_ids=x, decoder_input_ids=y, output_attentions=True)
t = [str(i) for i in x[0].tolist()]; u = [str(i) for i in y[0].tolist()]
model_view(encoder_attention=o.encoder_attentions, decoder_attention=o.decoder_attentions,
  cross_attention=o.cross_attentions, encoder_tokens=t, decoder_tokens=u, html_action='return')
"""
HEATMAPS = """
import matplotlib; matplotlib.use('Agg'); import matplotlib.pyplot as plt, numpy as np
f, a = plt.subplots(12, 12, figsize=(12, 12))
for r in a:
    for c in r: c.imshow(np.random.rand(20, 20)); c.set_xticks([]); c.set_yticks([])
f.savefig('{file}', format='png', dpi=150)
"""

PROBING = """
import json, time, statistics, numpy as np, torch, transformers as tf, logging, warnings
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
logging.disable(logging.WARNING); warnings.filterwarnings('ignore'); torch.set_grad_enabled(False)
data = json.load(open('{file}'))
m = tf.T5EncoderModel.from_pretrained(data['model'], dtype=torch.float32).eval()
rows = sorted(range(len(data['tokens'])), key=lambda i: -len(data['tokens'][i]))
def once():
    layers = None; place = []
    for s in range(0, len(rows), 64):
        batch = rows[s:s + 64]; longest = len(data['tokens'][batch[0]])
        x = torch.zeros(len(batch), longest, dtype=torch.long); a = torch.zeros_like(x)
        for r, i in enumerate(batch):
            t = data['tokens'][i]; x[r, :len(t)] = torch.tensor(t); a[r, :len(t)] = 1
        states = m(input_ids=x, attention_mask=a, output_hidden_states=True).hidden_states
        layers = layers or [[] for _ in states]
        r = [r for r, i in enumerate(batch) for _ in data['last'][i]]
        c = [w for i in batch for w in data['last'][i]]
        place += [(i, w) for i in batch for w in range(len(data['last'][i]))]
        for kept, state in zip(layers, states): kept.append(state[r, c].numpy())
    first = np.cumsum([0] + [len(w) for w in data['last']])
    order = np.argsort([first[i] + w for i, w in place])
    y = np.array(data['labels']); train, test = np.array(data['train']), np.array(data['test'])
    found = []
    for kept in layers:
        h = np.concatenate(kept)[order]; s = StandardScaler().fit(h[train])
        p = LogisticRegression(C=1 / (1e-4 * len(train)), max_iter=100).fit(s.transform(h[train]), y[train])
        found.append(p.score(s.transform(h[test]), y[test]))
    return found
ts = []
for _ in range(4):
    a = time.perf_counter(); found = once(); ts.append((time.perf_counter() - a) * 1e3)
print('median', statistics.median(ts[1:]), found)
"""

# The same measures of every layer and position, as TransformerLens's users compute them: the layers
# in turn, because all at once would fill five gigabytes a step.
LENS = """
import torch, time, statistics, warnings, logging
warnings.filterwarnings('ignore'); logging.disable(logging.WARNING)
from transformer_lens import HookedTransformer, HookedTransformerConfig
torch.set_grad_enabled(False)
m = HookedTransformer(HookedTransformerConfig(n_layers=12, n_heads=12, d_model=768, d_head=64,
  d_vocab=50257, n_ctx=1024, act_fn='gelu_new', normalization_type='LN', device='cpu'))
x = torch.randint(0, 50257, (20, 100)); ts = []
names = lambda n: n.endswith('resid_pre') or n.endswith('resid_post')
def once():
    _, cache = m.run_with_cache(x, names_filter=names, return_type=None)
    stack = cache.accumulated_resid(apply_ln=True)
    p = (stack[-1] @ m.W_U + m.b_U).log_softmax(-1); clean = p.argmax(-1); found = []
    for layer in stack:
        q = (layer @ m.W_U + m.b_U).log_softmax(-1)
        best, top = q.max(-1)
        found.append((top, best.exp(), -(q.exp() * q).sum(-1), (p.exp() * (p - q)).sum(-1),
                      -p.gather(-1, top[..., None])[..., 0], top == clean))
    return found
for _ in range(2):
    a = time.perf_counter(); once(); ts.append((time.perf_counter() - a) * 1e3)
print('median', statistics.median(ts[1:]))
"""

# Interventions as TransformerLens's users loop over them, one forward pass each.
INTERVENTIONS = """
import torch, time, statistics, warnings, logging, pandas
warnings.filterwarnings('ignore'); logging.disable(logging.WARNING)
from transformer_lens import HookedTransformer, HookedTransformerConfig, patching
import transformer_lens.patching as P
P.tqdm = lambda x, **k: x
torch.set_grad_enabled(False)
n, h, d, v = {shape}
m = HookedTransformer(HookedTransformerConfig(n_layers=n, n_heads=h, d_model=d, d_head=d // h,
  d_vocab=v, n_ctx=256, act_fn='gelu_new', normalization_type='LN', device='cpu'))
T = 16
# Of a large model one place in eight is timed, and the rest counted.
share = 8 if n == 12 else 1
places = [(layer, position) for layer in range(n) for position in range(T)][::share]
once = 0
def texts(count): return torch.randint(0, v, (count, T))
def difference(l): return (l[:, -1, 5] - l[:, -1, 6]).mean()
def kept(**options):
    global once
    start = time.perf_counter(); _, c = m.run_with_cache(a, **options)
    once = time.perf_counter() - start
    return c
def residual():
    patching.generic_activation_patch(
        m, b, kept(), difference, patching.layer_pos_patch_setter, 'resid_pre',
        index_df=pandas.DataFrame(places, columns=['layer', 'pos']))
def heads():
    _, c = m.run_with_cache(a)
    patching.get_act_patch_attn_head_out_all_pos(m, b, c, difference)
def paths():
    keep = lambda x: x.endswith(('hook_z', 'mlp_out'))
    _, c = m.run_with_cache(a, names_filter=keep); _, o = m.run_with_cache(b, names_filter=keep)
    for layer in range(n):
        for head in [*range(h), None]:
            def freeze(z, hook):
                z = c[hook.name].clone()
                if hook.layer() == layer and head is not None:
                    z[:, :, head] = o[hook.name][:, :, head]
                return z
            hooks = [(lambda x: x.endswith('hook_z'), freeze)]
            if head is None:
                hooks.append((f'blocks.{{layer}}.hook_mlp_out', lambda x, hook: o[hook.name]))
            difference(m.run_with_hooks(a, fwd_hooks=hooks))
def tracing():
    c = kept(names_filter=lambda x: x.endswith('resid_pre'))
    noise = 3 * m.W_E.std() * torch.randn(10, 2, d); x = a.expand(10, -1)
    def spoil(e, hook): e[:, 1:3] += noise; return e
    for layer, position in places:
        def restore(r, hook): r[:, position] = c[hook.name][0, position]; return r
        m.run_with_hooks(x, fwd_hooks=[('hook_embed', spoil),
          (f'blocks.{{layer}}.hook_resid_pre', restore)])[:, -1].softmax(-1)[:, 5].mean()
count = 64 if '{task}' == 'paths' else 1
a, b = texts(count), texts(count); ts = []
for _ in range({runs} + 1):
    s = time.perf_counter(); {task}(); taken = time.perf_counter() - s
    ts.append((once + (taken - once) * share) * 1e3)
print('median', statistics.median(ts[1:]))
"""

# Circuits as loops over TransformerLens's hooks: a run an edge or node, all of them on the shape of the
# reader; some are timed and the rest counted. Attribution is one backward pass and a product an edge.
CIRCUITS = """
import torch, time, statistics, warnings, logging
warnings.filterwarnings('ignore'); logging.disable(logging.WARNING)
from transformer_lens import HookedTransformer, HookedTransformerConfig
task = '{task}'
n, h, d, v = (12, 12, 768, 50257) if task == 'attribution' else (6, 4, 128, 1219)
rows, T = dict(acdc=(64, 29), nodes=(256, 29), attribution=(16, 16))[task]
m = HookedTransformer(HookedTransformerConfig(n_layers=n, n_heads=h, d_model=d, d_head=d // h,
  d_vocab=v, n_ctx=256, act_fn='gelu_new', normalization_type='LN', device='cpu'))
m.cfg.use_split_qkv_input = m.cfg.use_hook_mlp_in = m.cfg.use_attn_result = task != 'nodes'
m.setup()
a, b = torch.randint(0, v, (rows, T)), torch.randint(0, v, (rows, T))
def difference(l): return (l[:, -1, 5] - l[:, -1, 6]).mean()
senders = [None] + [(l, k) for l in range(n) for k in [*range(h), 'mlp']]
def heard(receiver):
    return 1 + receiver[1] * (h + 1) + (h if receiver[0] == 'mlp' else 0)
receivers = [(p, l, k) for l in range(n) for p in 'qkv' for k in range(h)]
receivers += [('mlp', l) for l in range(n)]
edges = [(r, s) for r in receivers for s in range(heard(r))]
edges += [(None, s) for s in range(len(senders))]

def outputs(tokens):
    _, c = m.run_with_cache(tokens)
    return [c['hook_embed'] + c['hook_pos_embed'] if s is None
            else c['blocks.%d.hook_mlp_out' % s[0]] if s[1] == 'mlp'
            else c['blocks.%d.attn.hook_result' % s[0]][:, :, s[1]] for s in senders]

def acdc():
    # As in the published loop: what has been cut is added at the receivers, run by run.
    torch.set_grad_enabled(False)
    other, own = outputs(b), {{}}
    # A twentieth of the edges stays, spread evenly: the rest are cut when they are reached.
    cut = {{}}
    def note(i): return lambda x, hook: own.__setitem__(i, x)
    def run():
        hooks = [('blocks.0.hook_resid_pre', note(0))]
        for i, s in enumerate(senders[1:], 1):
            if s[1] == 'mlp': hooks.append(('blocks.%d.hook_mlp_out' % s[0], note(i)))
            else:
                def head(x, hook, i=i, k=s[1]): own[i] = x[:, :, k]
                hooks.append(('blocks.%d.attn.hook_result' % s[0], head))
        for r, missing in cut.items():
            def receive(x, hook, r=r, missing=missing):
                part = x[:, :, r[2]] if r is not None and len(r) == 3 else x
                for i in missing: part += other[i] - own[i]
                return x
            name = 'blocks.%d.hook_resid_post' % (n - 1) if r is None \\
                else 'blocks.%d.hook_mlp_in' % r[1] if r[0] == 'mlp' \\
                else 'blocks.%d.hook_%s_input' % (r[1], r[0])
            hooks.append((name, receive))
        return difference(m.run_with_hooks(a, fwd_hooks=hooks))
    sample = edges[::-40]; run(); start = time.perf_counter()
    for place, (r, s) in enumerate(sample):
        cut.setdefault(r, []).append(s); run()
    return (time.perf_counter() - start) / len(sample) * len(edges)

def nodes():
    torch.set_grad_enabled(False)
    keep = lambda x: x.endswith(('hook_z', 'mlp_out'))
    _, other = m.run_with_cache(b, names_filter=keep)
    gone = set(); sample = senders[:0:-1]; start = time.perf_counter()
    for s in sample:
        gone.add(s)
        def heads(z, hook):
            for k in range(h):
                if (hook.layer(), k) in gone: z[:, :, k] = other[hook.name][:, :, k]
            return z
        def mlp(x, hook): return other[hook.name] if (hook.layer(), 'mlp') in gone else x
        difference(m.run_with_hooks(a, fwd_hooks=[
            (lambda x: x.endswith('hook_z'), heads), (lambda x: x.endswith('mlp_out'), mlp)]))
    # Down and up, and once more to see that nothing changes.
    return 4 * (time.perf_counter() - start)

def attribution():
    start = time.perf_counter()
    with torch.no_grad(): gaps = [x - y for x, y in zip(outputs(b), outputs(a))]
    kept = {{}}
    def keep(x, hook): x.retain_grad(); kept[hook.name] = x
    wanted = lambda x: x.endswith(('_input', 'mlp_in', '%d.hook_resid_post' % (n - 1)))
    difference(m.run_with_hooks(a, fwd_hooks=[(wanted, keep)])).backward()
    with torch.no_grad():
        for r, s in edges:
            if r is None: g = kept['blocks.%d.hook_resid_post' % (n - 1)].grad
            elif r[0] == 'mlp': g = kept['blocks.%d.hook_mlp_in' % r[1]].grad
            else: g = kept['blocks.%d.hook_%s_input' % (r[1], r[0])].grad[:, :, r[2]]
            (gaps[s] * g).sum().item()
    return time.perf_counter() - start
ts = [{task}() * 1e3 for _ in range(2)]
print('median', min(ts))
"""


# The diagonals of OV and QK circuits in blocks, from the low ranks of the heads.
DIAGONALS = """
import torch, time
torch.set_grad_enabled(False); torch.manual_seed(0)
V, d, k = 50257, 768, 64
E = torch.randn(V, d); U = torch.randn(V, d)
weights = [[torch.randn(d, k) / d ** .5 for _ in range(4)] for _ in range({heads})]
def ranks(left, right):
    greater, less = torch.empty(V, dtype=torch.long), torch.empty(V, dtype=torch.long)
    for start in range(0, V, 1024):
        rows = slice(start, min(start + 1024, V))
        block = left[rows] @ right.T
        own = block[torch.arange(block.shape[0]), torch.arange(rows.start, rows.stop)][:, None]
        greater[rows] = (block > own).sum(1); less[rows] = (block < own).sum(1)
    return (greater < 10).float().mean() + (less < 10).float().mean()
ranks(E[:, :k].contiguous(), U[:, :k].contiguous())
a = time.perf_counter()
for q, key, value, output in weights:
    ranks(E @ value, U @ output); ranks(U @ q, E @ key)
print('median', (time.perf_counter() - a) * 1e3)
"""
# A loop over heads by hooks, the loss of every token kept.
ABLATION = """
import torch, time, logging, warnings
warnings.filterwarnings('ignore'); logging.disable(logging.WARNING)
from transformer_lens import HookedTransformer, HookedTransformerConfig
torch.set_grad_enabled(False); torch.manual_seed(0)
m = HookedTransformer(HookedTransformerConfig(n_layers=6, n_heads=4, d_model=128, d_head=32, d_mlp=512,
    d_vocab=1219, n_ctx=96, act_fn='gelu_new', normalization_type='LN', device='cpu'))
x = torch.randint(0, 1219, (209, 96))
def losses(hooks):
    return torch.cat([m.run_with_hooks(rows, fwd_hooks=hooks, return_type='loss', loss_per_token=True)
                      for rows in x.split(32)])
losses([])
a = time.perf_counter()
clean = losses([])
for layer in range(6):
    for head in range(4):
        def silence(z, hook): z[:, :, head] = 0; return z
        losses([(f'blocks.{layer}.attn.hook_z', silence)]) - clean
print('median', (time.perf_counter() - a) * 1e3)
"""


def pairs(folder):
    source, target = range(5, 17), range(30, 39)
    directory = os.path.join(folder, "flan-small-shape")
    ids = lambda r: ",".join(map(str, r))
    words = lambda r: " ".join(f"w{i}" for i in r)
    save = f"import transformers as tf; tf.T5ForConditionalGeneration(tf.T5Config({SMALL}))" \
        f".save_pretrained('{directory}')"
    # A word for every id, so that both sides see the same tokens.
    tokenizer = {
        "version": "1.0", "added_tokens": [], "normalizer": None, "post_processor": None,
        "decoder": None, "pre_tokenizer": {"type": "WhitespaceSplit"},
        "model": {"type": "WordLevel", "unk_token": "w0",
                  "vocab": {f"w{i}": i for i in range(32128)}},
    }

    def prepare():
        if not os.path.exists(directory):
            subprocess.run(python(save), check=True, capture_output=True)
            with open(os.path.join(directory, "tokenizer.json"), "w") as file:
                json.dump(tokenizer, file)

    yield "forward", 0.45, printed, program("Forward"), python(FORWARD), None
    for name, shape, rows, length, runs, most in [
        ("gpt2", GPT2, 1, 64, 9, 0.33), ("gpt2", GPT2, 8, 128, 3, 0.7),
        ("small", LITTLE, 1, 16, 50, 0.1), ("small", LITTLE, 64, 24, 15, 0.4),
    ]:
        yield f"trace-{name}-{rows}x{length}", most, printed, \
            program("Trace", name, str(rows), str(length), str(runs)), \
            python(TRACE.format(shape=shape, rows=rows, length=length, runs=runs)), None
    gpt2 = os.path.join(folder, "gpt2-shape")
    save_gpt2 = "import transformers as tf; " \
        f"tf.GPT2LMHeadModel(tf.GPT2Config()).save_pretrained('{gpt2}')"
    tokens = ",".join(str(7 * i) for i in range(64))

    def write_gpt2():
        if not os.path.exists(gpt2):
            subprocess.run(python(save_gpt2), check=True, capture_output=True)

    # From process start: loading 124 M weights and tracing, beside Python's imports alone.
    yield "load-and-trace", 1, wall, program(
        "headlight", "trace", "--model", gpt2, "--input-ids", tokens,
        "--points", "*.hook_pattern", "--output", os.path.join(folder, "trace.safetensors")
    ), python("import torch, transformers, transformer_lens"), write_gpt2
    for name, vocabulary, heads, rows, length, most in [
        ("small", 2000, 8, 64, 24, 0.65), ("reader", 1219, 4, 24, 96, 0.65),
    ]:
        yield f"training-step-{name}", most, printed, \
            program("TrainingStep", str(vocabulary), str(heads), str(rows), str(length)), \
            python(STEP.format(vocabulary=vocabulary, heads=heads, rows=rows, length=length)), None
    if options.smollm2:
        model = os.path.abspath(options.smollm2)
        ours = lambda count: program("headlight", "generate", "--model", model, "--input-ids",
                                     PROMPT, "--max-new-tokens", count)
        yield "generation", 0.5, printed, program("Generation", model, PROMPT, "3"), \
            python(GENERATION.format(model=model, prompt=PROMPT)), None
        # From process start, loading included.
        for dtype in ["float32", "bfloat16"]:
            yield f"first-token-{dtype}", 0.15, wall, ours("1"), \
                python(FIRST_TOKEN.format(model=model, prompt=PROMPT, dtype=dtype)), None
        # Beside the size of the file.
        size = os.path.getsize(os.path.join(model, "model.safetensors")) / (1 << 20)
        yield "generation-memory", 1.15, peak, ours("40"), size, None
    yield "integrated-gradients", 0.5, printed, program("IntegratedGradients"), \
        python(GRADIENTS), None
    yield "lens", 0.38, printed, program("Lens", "1"), python(LENS), None
    for task, size, runs, most in [
        ("residual", "small", 5, 0.04), ("heads", "small", 5, 0.05), ("paths", "small", 3, 0.1),
        ("residual", "gpt2", 1, 0.15), ("tracing", "gpt2", 1, 0.15),
    ]:
        yield f"{task}-{size}", most, printed, \
            program("InterventionsSpeed", f"{task}-{size}", str(runs)), python(INTERVENTIONS.format(
                shape=LITTLE if size == "small" else GPT2, task=task, runs=runs)), None
    # Two heads; all of them take as much longer as they are more.
    yield "diagonal-shares", 0.5, printed, program("HeadsSpeed", "shares", "2"), \
        python(DIAGONALS.format(heads=2)), None
    yield "diagonal-ranks", 0.5, printed, program("HeadsSpeed", "ranks", "2"), \
        python(DIAGONALS.format(heads=2)), None
    yield "head-ablation", 0.1, printed, program("HeadsSpeed", "ablation", "1"), python(ABLATION), None
    for task, runs, most in [("acdc", 1, 0.1), ("attribution", 3, 0.3), ("nodes", 3, 0.05)]:
        yield f"circuit-{task}", most, printed, program("CircuitsSpeed", task, str(runs)), \
            python(CIRCUITS.format(task=task)), None
    yield "spans", 0.05, printed, program("SpansSpeed", "scores", "1000"), python(SPANS), None
    # Five scorers that read a cage, beside five that each run the sentences.
    yield "spans-cage", 0.4, printed, program("SpansSpeed", "cage", "1000"), \
        program("SpansSpeed", "runs", "1000"), None
    yield "picture", 0.15, wall, program(
        "headlight", "figure", "model-view", "--model", directory, "--source", words(source),
        "--target", words(target), "--output", os.path.join(folder, "view.png")
    ), python(PICTURE.format(directory=directory, source=ids(source), target=ids(target))), prepare
    sentences = os.path.join(folder, "words.json")
    yield "probing", 0.3, printed, program("Probing"), python(PROBING.format(file=sentences)), \
        lambda: subprocess.run(program("Probing", sentences), check=True, capture_output=True)
    yield "page-12x12", 0.15, wall, program("Page", os.path.join(folder, "page.png")), \
        python(HEATMAPS.format(file=os.path.join(folder, "heat.png"))), None
    peer = [sys.executable, os.path.join(os.path.dirname(__file__), "tokenize_peer.py")]
    text = os.path.join(folder, "text.txt")

    def train():
        if not os.path.exists(text):
            subprocess.run([*peer, "make", folder], check=True, capture_output=True)

    # 1 MB of English on one core, with vocabularies of 50,257, 30,522 and 32,000 tokens.
    for kind in ["bpe", "wordpiece", "unigram"]:
        file = os.path.join(folder, f"{kind}.json")
        yield f"tokenize-{kind}", 0.3, printed, program("Tokenize", file, text), \
            [*peer, "time", file, text], train


def shown(measure, value):
    return f"{value:.1f} MiB" if measure is peak else f"{value * 1e3:.1f} ms"


def in_turn(name, measure, ours, theirs, count):
    """The seconds of both sides, a pair after the other; pairs that were disturbed are repeated."""
    pairs = [(measure(ours), measure(theirs)) for _ in range(count)]
    for _ in range(count):
        usual = [min(side) for side in zip(*pairs)]
        slow = [pair for pair in pairs if any(x > 3 * y for x, y in zip(pair, usual))]
        if not slow:
            break
        print(f"{name}: {len(slow)} of {count} pairs were disturbed (one took "
              f"{shown(measure, slow[0][0])} and {shown(measure, slow[0][1])}), and are repeated",
              file=sys.stderr, flush=True)
        pairs = [(measure(ours), measure(theirs)) if pair in slow else pair for pair in pairs]
    return zip(*pairs)


options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
options.add_argument("names", nargs="*", metavar="NAME")
options.add_argument("--quick", action="store_true", help="two pairs of each or one, not five")
options.add_argument("--threads", type=int, default=os.cpu_count())
options.add_argument("--smollm2", metavar="DIR", help="SmolLM2-135M, as Scripts/smollm2.py writes it")
options = options.parse_args()
limit_threads(options.threads)
ROW = "{:24} {:>12} {:>12} {:>7} {:>8} {:>6}"
print(ROW.format("what", "ours", "peer", "ratio", "at most", "pairs"), flush=True)
start = time.monotonic()
with tempfile.TemporaryDirectory() as folder:
    for name, most, measure, ours, theirs, prepare in pairs(folder):
        if options.names and name not in options.names:
            continue
        if prepare:
            prepare()
        count = 5 if not options.quick else 2 if time.monotonic() - start < 240 else 1
        a, b = map(statistics.median, in_turn(name, measure, ours, theirs, count))
        print(ROW.format(name, shown(measure, a), shown(measure, b), f"{a / b:.3f}", most, count),
              flush=True)
