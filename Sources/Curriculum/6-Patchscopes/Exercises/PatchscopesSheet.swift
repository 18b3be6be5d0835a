public import Coursework
import PatchscopesVocabulary

/// Sheet 6: what a model makes of a state that it is given.
public enum PatchscopesSheet {
  /// The sheet as a value.
  public static let sheet = Sheet(
    number: 6, title: "Patchscopes",
    summary: """
      Take a state out of one run and put it into another: into a spoilt run of the same text, into a \
      text that asks something, into another model. You write the methods that do so, from causal \
      tracing to two hops, and see that they are one.
      """,
    goals: [
      "patch one state in either direction, and say what suffices and what is needed",
      "trace a fact with noise, in single blocks and in windows, and cut the ways of attention",
      "write causal tracing and attention knockout as Patchscopes, to the last digit",
      "take a relation for an affine map, and say where that fails",
      "ask a state for an attribute or a description, and align positions first",
      "stitch two models together, join two hops, and train a soft prompt",
      "tell what a state holds from what a Patchscope invents",
    ],
    asks: PatchscopesAsks.self,
    exercises: [
      oneActivation, causalTrace, windows, knockout, generalScope, linearRelations,
      featureExtraction, descriptions, acrossModels, twoHops, softPrompts, whatPatchesShow,
    ], figures: figures,
    otherModels: "headlight causal-trace, knockout, patch and patchscope take --model "
      + "MODEL and draw the like of any")
}
