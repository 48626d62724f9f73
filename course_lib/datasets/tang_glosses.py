"""One English word for each of the 500 commonest characters of the quatrains, and for two more."""

_PAIRS = """
不 not 人 person 一 one 無 no 風 wind 花 flower 山 mountain 來 come 春 spring 日 sun 上 up
時 time 水 water 何 what 中 in 月 moon 有 have 雲 cloud 年 year 是 is 天 sky 知 know 君 you
得 get 相 each-other 夜 night 長 long 自 self 處 place 爲 be 江 river 見 see 心 heart 秋 autumn
今 now 如 like 歸 return 家 home 去 go 白 white 生 live 明 bright 盡 end 在 at 下 down 行 walk
前 before 玉 jade 聲 sound 未 not-yet 向 towards 金 gold 門 gate 頭 head 此 this 多 many
千 thousand 事 matter 看 look 萬 ten-thousand 三 three 紅 red 空 empty 南 south 落 fall
到 arrive 滿 full 更 more 寒 cold 莫 do-not 似 as-if 西 west 飛 fly 高 high 欲 wish 東 east
開 open 道 way 客 traveller 清 clear 雨 rain 城 city-wall 流 flow 新 new 將 about-to 愁 sorrow
深 deep 子 child 朝 morning 別 parting 閑 idle 樹 tree 入 enter 應 should 出 leave 樓 tower
煙 mist 陽 sunlight 誰 who 還 again 香 scent 身 body 草 grass 路 road 裏 inside 獨 alone
酒 wine 馬 horse 與 with 色 colour 重 again 成 become 間 between 作 make 宮 palace 聞 hear
枝 branch 十 ten 情 feeling 黃 yellow 望 gaze 却 yet 雪 snow 猶 still 塵 dust 衣 robe
已 already 地 earth 回 turn-back 思 think-of 幾 how-many 邊 side 王 king 歌 song 我 I 里 mile
從 from 能 can 老 old 葉 leaf 同 together 仙 immortal 醉 drunk 可 may 過 pass 柳 willow
後 after 龍 dragon 五 five 須 must 光 light 半 half 遠 far 石 stone 碧 blue-green 分 part
舊 old-time 書 letter 曾 once 若 if 當 ought 海 sea 兩 two 平 level 池 pool 少 few 意 meaning
古 ancient 臺 terrace 溪 stream 好 good 起 rise 難 hard 名 name 離 leave 問 ask 北 north
初 first 夢 dream 百 hundred 松 pine 笑 laugh 逢 meet 小 small 吹 blow 外 outside 斷 broken
詩 poem 故 old 又 again 淚 tear 綠 green 華 splendour 輕 light 竹 bamboo 遊 roam 關 pass
桃 peach 暮 dusk 方 just-now 世 world 翠 kingfisher-green 漢 Han 恨 regret 共 share 只 only
復 again 數 several 四 four 曉 dawn 河 river 孤 lonely 唯 only 露 dew 言 say 安 peace 亦 also
鄉 home-village 憐 love 殘 faded 國 country 雙 pair 堪 bear 隨 follow 留 stay 送 see-off
庭 courtyard 公 lord 九 nine 大 great 州 province 波 wave 憶 remember 照 shine 陰 shade
語 speak 便 then 曲 tune 先 first 坐 sit 二 two 陵 tomb 教 let 紫 purple 野 wild 女 girl
神 spirit 郎 young-man 真 true 沙 sand 霜 frost 正 just 斜 slanting 微 faint 近 near 對 facing
珠 pearl 吟 chant 然 so 兒 child 晚 evening 鳥 bird 舞 dance 非 is-not 氣 breath 尋 seek
臨 overlook 舟 boat 主 host 眼 eye 解 understand 芳 fragrant 病 ill 垂 hang 著 wear 驚 startle
泉 spring-water 影 shadow 使 send 因 because 愛 love 歲 years 畫 paint 文 writing 聽 listen
僧 monk 爭 vie 鶴 crane 逐 chase 鳳 phoenix 覺 wake 丹 cinnabar 遙 distant 園 garden 休 rest
洞 cave 依 lean 秦 Qin 殿 hall 亭 pavilion 楊 poplar 火 fire 寂 silent 經 go-through 取 take
待 wait 連 join 終 end 蒼 grey-green 悠 endless 峰 peak 苦 bitter 窗 window 楚 Chu 和 and
魚 fish 勝 better 早 early 迴 return 錦 brocade 條 twig 手 hand 寄 send-word 羅 gauze 絲 silk
常 often 恩 favour 餘 left-over 湖 lake 住 dwell 最 most 悲 grieve 說 tell 動 move 倚 lean-on
船 ship 他 other 車 carriage 青 blue 林 wood 遲 late 直 straight 皇 emperor 啼 cry 識 recognise
度 crossing 燈 lamp 傷 hurt 用 use 物 thing 至 reach 悵 regretful 星 star 夫 man 太 too 樂 joy
立 stand 帶 belt 亂 disorder 散 scatter 岸 shore 發 set-out 涼 cool 晴 clear-sky 霞 rosy-cloud
堂 hall 學 learn 期 appointed-time 傳 pass-on 信 message 蕭 bleak 蓮 lotus 橋 bridge 會 meet
伴 companion 折 break-off 轉 turn 忽 suddenly 宿 lodge 帝 emperor 始 begin 靈 spirit 隔 apart
朱 vermilion 破 break 靜 still 官 official 合 join 居 reside 功 merit 眉 eyebrow 幽 secluded
虛 hollow 燕 swallow 把 hold 田 field 報 report 寺 temple 川 river 且 meanwhile 六 six
閣 pavilion 豈 how-could 浮 float 緣 cause 死 die 拂 brush 通 through 定 settle 木 tree
雖 though 暗 dark 細 fine 沈 sink 絕 cut-off 腸 bowels 軍 army 景 scene 面 face 鶯 oriole
足 foot 偏 one-sided 吳 Wu 師 teacher 眠 sleep 才 talent 那 which 洛 Luo 簾 curtain 惜 cherish
登 climb 步 step 首 head 惆 rueful 臥 lie 疑 doubt 湘 Xiang 傍 beside 含 hold-in 片 slice
移 shift 浪 wave 鳴 call 御 imperial 武 war 冷 cold 魂 soul 八 eight 結 tie 藥 medicine
令 order 節 season 種 sow 口 mouth 即 at-once 被 quilt 銀 silver 騎 ride 也 also 久 long-while
鏡 mirror 都 capital 昔 once 李 plum 由 from 臣 minister 夕 evening 低 low 引 lead 兵 soldier
謝 wither 士 scholar 桂 cassia 勞 toil 蘭 orchid 容 face 親 close-kin 顏 face 往 go 狂 mad
力 strength 牀 bed 稀 sparse 杯 cup 荒 waste 漸 gradually 映 reflect 所 that-which 第 rank
元 first 暫 briefly 胡 northerner 求 seek 弦 string 辭 take-leave 管 pipe 本 root 橫 across
羽 feather 苔 moss 潮 tide 匆 hurried
"""

GLOSSES: dict[str, str] = dict(zip(*[iter(_PAIRS.split())] * 2, strict=True))
"""Character -> one of its meanings, the one that is commonest in poems, as far as one word can say it."""


def gloss(line: str) -> str:
    """The line character by character in English; one that has no gloss stands as it is.

    >>> gloss("花落知多少")
    'flower fall know many few'
    """
    return " ".join(GLOSSES.get(character, character) for character in line)


def glossed(text: str) -> str:
    """A poem whose lines are parted by "/", one a line, each with its gloss beside it.

    >>> print(glossed("夜來風雨聲/花落知多少"))
      夜來風雨聲   night come wind rain sound
      花落知多少   flower fall know many few
    <BLANKLINE>
    """
    return "".join(f"  {line}   {gloss(line)}\n" for line in text.split("/"))
