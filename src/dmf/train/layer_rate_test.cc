#include "dmf/train/layer_rate.h"

#include <gtest/gtest.h>

namespace dmf::train {
namespace {

TEST(LayerRate, FallsFromTheTopToTheEmbeddings) {
  const auto rates = layer_rates({"cls_token", "patch_embed.proj.weight", "blocks.0.attn.qkv.weight",
                                  "blocks.11.mlp.fc1.bias", "norm.weight"},
                                 0.5);
  EXPECT_DOUBLE_EQ(rates.at("norm.weight"), 1);
  EXPECT_DOUBLE_EQ(rates.at("blocks.11.mlp.fc1.bias"), 0.5);
  EXPECT_DOUBLE_EQ(rates.at("blocks.0.attn.qkv.weight"), 1.0 / 4096);
  EXPECT_DOUBLE_EQ(rates.at("patch_embed.proj.weight"), 1.0 / 8192);
  EXPECT_DOUBLE_EQ(rates.at("cls_token"), 1.0 / 8192);
  for (const auto& [name, rate] : layer_rates({"a.b", "blocks.3.c"}, 1.0)) EXPECT_EQ(rate, 1) << name;
}

TEST(LayerRate, KnowsThePublishedNames) {
  const auto block = [](const std::string& name) {
    return place_of(name).depth == Depth::kBlock ? place_of(name).block : -1;
  };
  EXPECT_EQ(block("transformer.3.attn.proj.weight"), 3);
  EXPECT_EQ(block("base.blocks.7.norm1.weight"), 7);                          // TransReID
  EXPECT_EQ(block("encoder.layer.10.attention.attention.query.weight"), 10);  // ViT, BERT, BEiT
  EXPECT_EQ(block("encoder.layer.2.attention.relative_position_bias.relative_position_bias_table"), 2);
  EXPECT_EQ(block("_blocks.15._project_conv.weight"), 15);  // EfficientNet
  EXPECT_EQ(block("layer4.2.conv1.weight"), 4);             // ResNet
  for (const char* name :
       {"embeddings.patch_embeddings.projection.weight", "embeddings.word_embeddings.weight",
        "embeddings.LayerNorm.weight", "pos_embed", "_conv_stem.weight", "_bn0.weight", "conv1.weight",
        "bn1.bias", "encoder.relative_position_bias.relative_position_bias_table"})
    EXPECT_EQ(place_of(name).depth, Depth::kEmbedding) << name;
  for (const char* name : {"norm.weight", "layernorm.bias", "_conv_head.weight", "_bn1.weight",
                           "pooler.dense.weight", "fc_norm.weight"})
    EXPECT_EQ(place_of(name).depth, Depth::kTop) << name;
}

}  // namespace
}  // namespace dmf::train
