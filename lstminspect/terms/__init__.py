"""A layer in the terms of a framework: its class, its shapes, its code; one file per framework."""

from lstminspect.terms.catalogue import get, in_terms, why_not
from lstminspect.terms.terms import InTerms, Tensor, Terms

__all__ = ["InTerms", "Tensor", "Terms", "get", "in_terms", "why_not"]
