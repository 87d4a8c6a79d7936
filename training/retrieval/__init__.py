"""The retriever learns to bring phrases near the names of their PTs, and what its word is worth is fitted.

queries      the phrases that are asked, and the names asked like phrases
misspelling  as people type
contrast     the loss
vectors      vectors of inputs, from kept states of the layers below the retriever
mining       wrong names that are hard to tell from the right ones
draws        the names that answer a mini-batch
optimization AdamW, and the rate of each step
epoch        one pass over the queries
trainer      all epochs; goes on after a kill
accuracy     how often the nearest names are the right ones
answered     candidates of phrases whose PT is known
worth        what a fusion's probabilities are worth on them
fusion_fit   weights of what speaks for a candidate, by likelihood
fusions      the same for a network, over the dictionaries that it may search
"""
